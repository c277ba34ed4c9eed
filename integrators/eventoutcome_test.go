package integrators

import (
	"context"
	stderrors "errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/value"
)

// TestEventOutcomes: whichever way a solve with events is run, it says when it ended
// and why, and what was saved.
func TestEventOutcomes(t *testing.T) {
	below := level(0, 0.5, Falling) // z = exp(-t) at log 2
	for _, tt := range []struct {
		name  string
		t1    float64
		set   Settings
		z     []float64
		at    float64
		saved int
		event int
	}{
		{"an event", 2, Settings{Events: []Event{below}}, []float64{0.5}, math.Ln2, 0, 0},
		{"no event", 0.5, Settings{Events: []Event{below}}, []float64{math.Exp(-0.5)}, 0.5, 0, -1},
		{"no time", 0, Settings{Events: []Event{below}}, []float64{1}, 0, 0, -1},
		{"no time, saved", 0, Settings{Events: []Event{below}, SaveAt: []float64{0, 0}}, []float64{1, 1}, 0, 2, -1},
		{"saved until an event", 2, Settings{Events: []Event{below}, SaveAt: []float64{0, 0.1, 0.2, 1, 2}},
			[]float64{1, math.Exp(-0.1), math.Exp(-0.2), 0.5, 0.5}, math.Ln2, 3, 0},
		{"saved without an event", 0.5, Settings{Events: []Event{below}, SaveAt: []float64{0.1, 0.5}},
			[]float64{math.Exp(-0.1), math.Exp(-0.5)}, 0.5, 2, -1},
		{"saved after an event only", 2, Settings{Events: []Event{below}, SaveAt: []float64{2}}, []float64{0.5}, math.Ln2, 0, 0},
		{"stopped before an event", 2, Settings{Events: []Event{below}, StopAt: []float64{0.2, 0.3, 1.5}, SaveAt: []float64{0.3, 1.5}},
			[]float64{math.Exp(-0.3), 0.5}, math.Ln2, 1, 0},
	} {
		byEveryMethod(func(m Method, mode Mode, memory Memory) {
			p := graph.NewParams(tensor.Float64)
			param(t, p, "unused", []float64{1}, 1, 1)
			set, tol, within := tt.set, 1e-10, 1e-8
			if m == Rosenbrock23 { // which takes thousands of steps there
				tol, within = 1e-5, 1e-3
			}
			set.Record = true
			set.AbsTol, set.RelTol, set.Mode, set.Memory = tol, tol, mode, memory
			o, err := NewSolver(Equation{Drift: decay, Params: p, T1: tt.t1}, m, &set)
			if err != nil {
				t.Fatal(err)
			}
			check := func(way string, z gorgonia.Value, at float64, s Solution) {
				t.Helper()
				if !floats.EqualApprox(value.Float64s(z), tt.z, within) || math.Abs(at-tt.at) > within {
					t.Errorf("%s, %s, %s: states %v until %v, expected %v until %v", m.traits().name, tt.name, way, z, at, tt.z, tt.at)
				}
				if s.Saved != tt.saved || s.Event != tt.event || math.Abs(s.T-tt.at) > within {
					t.Errorf("%s, %s, %s: %d saved, event %d at %v, expected %d, %d at %v", m.traits().name, tt.name, way, s.Saved, s.Event, s.T, tt.saved, tt.event, tt.at)
				}
				if n := len(s.Steps); n > 0 && !(s.Steps[n-1].T < s.T && s.T <= s.Steps[n-1].T+s.Steps[n-1].H) {
					t.Errorf("%s, %s, %s: ended at %v, expected a time in the last step, %+v", m.traits().name, tt.name, way, s.T, s.Steps[n-1])
				}
			}
			sol, err := o.Predict(row(1))
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			check("predicted", sol.Z, sol.T, o.Last())
			pred, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return o.Unroll(s, in[0]) }, nil)
			if err != nil {
				t.Fatal(err)
			}
			var report graph.Report
			out, err := pred.With(graph.CallSettings{Report: &report}).Predict(context.Background(), row(1))
			if err != nil {
				t.Fatal(err)
			}
			check("by a predictor", out[0], value.Scalar(out[1]), o.Reported(&report)[0])
			obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
				out, err := o.Unroll(s, in[0])
				if err != nil {
					return nil, err
				}
				s.Record("z", out[0])
				s.Record("t", out[1])
				e := &expr{s: s}
				n := e.add(out[1], e.apply(func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(n) }, s.Theta()))
				return n, e.err
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := obj.Evaluate(row(1)); err != nil {
					t.Fatalf("%s: %v", tt.name, err)
				}
				check("in an objective", obj.Recorded("z")[0], value.Scalar(obj.Recorded("t")[0]), o.Last())
			}
		})
	}
}

// TestEventsFail: what is wrong with an event is said when the solver is made, when it is
// first used, or as the failure of a solve.
func TestEventsFail(t *testing.T) {
	of := func(f func(e *expr, z *gorgonia.Node) *gorgonia.Node) []Event {
		return []Event{{G: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
			e := &expr{s: s}
			n := f(e, z)
			return n, e.err
		}}}
	}
	refused := stderrors.New("refused")
	jump := of(func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		late := e.do(func() (*gorgonia.Node, error) { return gorgonia.Gt(e.do(e.s.Time), gorgonia.NewConstant(0.3), true) })
		return e.shift(-0.5, late)
	})
	for _, tt := range []struct {
		name     string
		set      Settings
		z0       float64
		is       error
		mentions string
		predicts bool // the solve fails in training alone
	}{
		{"no function", Settings{Events: make([]Event, 1)}, 1, nil, "event 0 without a function", false},
		{"no direction", Settings{Events: []Event{level(0, 1, 2)}}, 1, nil, "direction 2", false},
		{"required of none", Settings{RequireEvent: true}, 1, nil, "expected Events", false},
		{"an error", Settings{Events: []Event{level(0, 1, Both), {G: func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { return nil, refused }}}}, 1, refused, "event 1", false},
		{"nothing", Settings{Events: []Event{{G: func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { return nil, nil }}}}, 1, nil, "to nothing", false},
		{"a matrix", Settings{Events: of(func(_ *expr, z *gorgonia.Node) *gorgonia.Node { return z })}, 1, nil, "expected a scalar", false},
		{"another element type", Settings{Events: of(func(e *expr, _ *gorgonia.Node) *gorgonia.Node {
			return e.do(func() (*gorgonia.Node, error) { return e.s.Data(scalarValue(tensor.Float32, 1)) })
		})}, 1, nil, "to () of float32, expected a scalar of the same element type", false},
		{"a panic", Settings{Events: of(func(*expr, *gorgonia.Node) *gorgonia.Node { panic("refused") })}, 1, nil, "function events: builder, given 2 inputs: refused", false},
		{"none where one is required", Settings{Events: []Event{level(0, 2, Both)}, RequireEvent: true}, 1, ErrNoEvent, "at t = 2", false},
		{"NaN from the start", Settings{Events: of(func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.apply(gorgonia.Log, e.entry(z, 0)) })}, -1, ErrNonFinite, "event 0, which is NaN at t = 0, at t = 0 ", false},
		{"NaN on the way", Settings{Events: of(func(e *expr, z *gorgonia.Node) *gorgonia.Node {
			return e.apply(gorgonia.Sqrt, e.shift(-0.5, e.entry(z, 0)))
		})}, 1, ErrNonFinite, "event 0, which is NaN at t = 0.7", false},
		{"infinite", Settings{Events: of(func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.shift(math.Inf(1), e.entry(z, 0)) })}, 1, ErrNonFinite, "event 0, which is +Inf", false},
		{"a slope of zero", Settings{Events: []Event{timeIs(1, 3)}, FixedSteps: 2}, 1, ErrNonFinite, "changes at a rate of 0 at t = 1,", true},
		{"without a derivative by time", Settings{Events: jump}, 1, hazard.ErrNoDerivative, "derivative of event 0 by time", true},
	} {
		p := graph.NewParams(tensor.Float64)
		param(t, p, "unused", []float64{1}, 1, 1)
		check := func(way string, err error) {
			t.Helper()
			if err == nil || tt.is != nil && !stderrors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.mentions) {
				t.Errorf("%s, %s: error %v, expected %v and %q", tt.name, way, err, tt.is, tt.mentions)
			}
		}
		tt.set.Partial = true
		o, err := NewSolver(Equation{Drift: decay, Params: p, T1: 2}, Tsit5, &tt.set)
		if err != nil {
			check("made", err)
			continue
		}
		sol, err := o.Predict(row(tt.z0))
		if !tt.predicts {
			check("predicted", err)
		} else if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if tt.is == ErrNoEvent && (sol == nil || sol.T != 2 || math.Abs(value.Scalar(sol.Z)-math.Exp(-2)) > 1e-3) {
			t.Errorf("%s: partial solution %+v", tt.name, sol)
		}
		if tt.is == ErrNonFinite && !tt.predicts && sol.Z != nil && math.Abs(value.Scalar(sol.Z)-tt.z0*math.Exp(-sol.T)) > 1e-3 {
			t.Errorf("%s: state %v at %v, which is not that of the solution", tt.name, sol.Z, sol.T)
		}
		_, err = objective(t, o, p).Evaluate(row(tt.z0))
		check("in an objective", err)
		var f *Failure
		if stderrors.As(err, &f) && f.Stats != o.Last().Stats {
			t.Errorf("%s: statistics %+v, those of the last solve %+v", tt.name, f.Stats, o.Last().Stats)
		}
	}
	_, err := NewSolver(Equation{Drift: decay, Diffusion: decay, T1: 1}, SOSRI, &Settings{Events: jump})
	if err == nil || !strings.Contains(err.Error(), "events") {
		t.Errorf("events of a stochastic equation: error %v", err)
	}
	for _, set := range []Settings{{Events: jump}, {Events: jump, RequireEvent: true, FixedSteps: 3}} {
		if _, err := NewSolver(Equation{Drift: decay, T1: math.Inf(1)}, Tsit5, &set); err == nil {
			t.Errorf("an infinite span with %+v: no error", set)
		}
	}
	never := Settings{Events: []Event{level(0, 2, Both)}, RequireEvent: true, MaxSteps: 1e4}
	o, err := NewSolver(Equation{Drift: decay, T1: math.Inf(1)}, Tsit5, &never)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Predict(row(0)); !stderrors.Is(err, ErrNoEvent) {
		t.Errorf("an infinite span without an event: error %v, expected %v", err, ErrNoEvent)
	}
}

// TestEventsRecover: a solver that failed at an event works on as a new one does.
func TestEventsRecover(t *testing.T) {
	root := Event{G: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		n := e.apply(gorgonia.Sqrt, e.shift(-0.05, e.entry(z, 0))) // not a number from z = 0.05 on
		return n, e.err
	}}
	for _, tt := range []struct {
		set    Settings
		bad    float64
		reason error
	}{
		{Settings{Events: []Event{level(0, 0.5, Both)}, RequireEvent: true}, 0.4, ErrNoEvent},
		{Settings{Events: []Event{root}}, 0.2, ErrNonFinite},
	} {
		p := graph.NewParams(tensor.Float64)
		rate := param(t, p, "rate", []float64{-1}, 1, 1)
		o, err := NewSolver(Equation{Drift: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
			e := &expr{s: s}
			n := e.mul(e.do(func() (*gorgonia.Node, error) { return s.Param(rate) }), z)
			return n, e.err
		}, Params: p, T1: 2}, Tsit5, &tt.set)
		if err != nil {
			t.Fatal(err)
		}
		obj := objective(t, o, p)
		want, grad, err := evaluate(obj, p, row(1))
		if err != nil {
			t.Fatal(err)
		}
		derivative := value.Float64s(grad)
		var bytes []int
		for range 4 {
			if _, err := obj.Evaluate(row(tt.bad)); !stderrors.Is(err, tt.reason) {
				t.Fatalf("error %v, expected %v", err, tt.reason)
			}
			for range 2 {
				got, again, err := evaluate(obj, p, row(1))
				if err != nil || got != want || !slices.Equal(value.Float64s(again), derivative) {
					t.Errorf("%v with derivative %v (%v) after a failure, %v and %v before", got, again, err, want, derivative)
				}
			}
			bytes = append(bytes, o.Bytes())
		}
		if len(slices.Compact(bytes)) != 1 {
			t.Errorf("frames leak: %v bytes", bytes)
		}
	}
}
