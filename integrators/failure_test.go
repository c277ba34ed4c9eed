package integrators

import (
	"context"
	stderrors "errors"
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators/problems"
)

// square is z' = z², whose solution 1/(1/z0 - t) has a pole.
func square(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.HadamardProd(z, z)
}

// explode is z' = exp(z), whose solution -log(exp(-z0) - t) has one too.
func explode(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Exp(z) }

// undefined is z' = sqrt(1 - z): not a number where z > 1.
func undefined(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	e := &expr{s: s}
	n := e.apply(gorgonia.Sqrt, e.shift(1, e.scale(-1, z)))
	return n, e.err
}

func decay(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	return fields["decay"].dynamics(s, z)
}

// TestFailures: a solve that cannot reach its end says why and how far it came,
// whichever way it is run.
func TestFailures(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	stiff := fields["stiff cosine"].dynamics
	for _, tt := range []struct {
		name    string
		f       Dynamics
		z0, t1  float64
		set     Settings
		reasons []error
		within  [2]float64 // of the time reached
	}{
		{"past a pole", square, 1, 2, Settings{}, []error{ErrStepUnderflow, ErrNonFinite}, [2]float64{0.99, 1.01}},
		{"past a pole, backwards", square, -1, -2, Settings{}, []error{ErrStepUnderflow, ErrNonFinite}, [2]float64{-1.01, -0.99}},
		{"past a pole of an exponential", explode, 0, 2, Settings{}, []error{ErrStepUnderflow, ErrNonFinite}, [2]float64{0.99, 1.01}},
		{"an exponential that overflows at once", explode, 800, 2, Settings{}, []error{ErrNonFinite}, [2]float64{0, 0}},
		{"past a pole in fixed steps", square, 1, 4, Settings{FixedSteps: 100}, []error{ErrNonFinite}, [2]float64{1, 2}},
		{"dynamics undefined from the start", undefined, 2, 1, Settings{}, []error{ErrNonFinite}, [2]float64{0, 0}},
		{"dynamics undefined from the start, with a first step", undefined, 2, 1, Settings{InitialStep: 0.1}, []error{ErrNonFinite}, [2]float64{0, 0}},
		{"initial state NaN", decay, nan, 1, Settings{}, []error{ErrNonFinite}, [2]float64{0, 0}},
		{"initial state infinite", decay, inf, 1, Settings{FixedSteps: 3}, []error{ErrNonFinite}, [2]float64{0, 0}},
		{"too many steps", decay, 1, 100, Settings{MaxSteps: 5}, []error{ErrMaxSteps}, [2]float64{1e-3, 99}},
		{"too many fixed steps", decay, 1, 1, Settings{MaxSteps: 5, FixedSteps: 10}, []error{ErrMaxSteps}, [2]float64{0.49, 0.51}},
		{"stiff for the smallest step", stiff, 0, 1.5, Settings{MinStep: 0.1}, []error{ErrStepUnderflow}, [2]float64{0, 0.5}},
	} {
		reasons := func(err error) bool {
			for _, r := range tt.reasons {
				if stderrors.Is(err, r) {
					return true
				}
			}
			return false
		}
		check := func(way string, last Solution, err error) {
			t.Helper()
			var f *Failure
			if !reasons(err) || !stderrors.As(err, &f) {
				t.Errorf("%s, %s: error %v, expected %v", tt.name, way, err, tt.reasons)
				return
			}
			if !(f.T >= tt.within[0] && f.T <= tt.within[1]) {
				t.Errorf("%s, %s: failed at t = %v, expected in %v", tt.name, way, f.T, tt.within)
			}
			if f.Stats != last.Stats || f.T != last.T {
				t.Errorf("%s, %s: statistics %+v until %v, those of the last solve %+v until %v", tt.name, way, f.Stats, f.T, last.Stats, last.T)
			}
			for _, part := range []string{"Tsit5", f.Reason.Error(), "t = ", "h = ", "E = ", "|z| = ", "evaluations"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%s, %s: error %q does not mention %q", tt.name, way, err, part)
				}
			}
		}
		p := graph.NewParams(tensor.Float64)
		param(t, p, "unused", []float64{1}, 1, 1)
		o, err := NewSolver(Equation{Drift: tt.f, Params: p, T1: tt.t1}, Tsit5, &tt.set)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		z0 := row(tt.z0)
		_, err = o.Predict(z0)
		check("predict", o.Last(), err)
		pred, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return o.Unroll(s, in[0]) }, nil)
		if err != nil {
			t.Fatal(err)
		}
		var report graph.Report
		_, err = pred.With(graph.CallSettings{Report: &report}).Predict(context.Background(), z0)
		check("predictor", o.Reported(&report)[0], err)
		obj := objective(t, o, p)
		_, err = obj.Evaluate(z0)
		check("objective", o.Last(), err)
	}
}

// TestFailureWithoutEstimate: a method that estimates no error looks at its
// result.
func TestFailureWithoutEstimate(t *testing.T) {
	for _, m := range []*Tableau{Euler, RK4} {
		o, err := NewSolver(Equation{Drift: square, T1: 4}, m, &Settings{FixedSteps: 100})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Predict(row(1)); !stderrors.Is(err, ErrNonFinite) {
			t.Errorf("%s: error %v, expected %v", m.Name, err, ErrNonFinite)
		}
	}
}

// objective is the sum of the squares of the end of a solve, and of the parameters.
func objective(t testing.TB, o *Solver, p *graph.Params) *graph.Objective {
	t.Helper()
	obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		out, err := o.Unroll(s, in[0])
		if err != nil {
			return nil, err
		}
		e := &expr{s: s}
		l := e.apply(func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(n) }, e.mul(out[0], out[0]))
		w := e.apply(func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(n) }, e.mul(s.Theta(), s.Theta()))
		n := e.add(l, w)
		return n, e.err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

// TestRecovery: after a failure the same objective and solver work on, with the
// numbers of new ones.
func TestRecovery(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	param(t, p, "unused", []float64{1}, 1, 1)
	o, err := NewSolver(Equation{Drift: square, Params: p, T1: 0.9}, Tsit5, nil)
	if err != nil {
		t.Fatal(err)
	}
	obj := objective(t, o, p)
	want, err := obj.Evaluate(row(1))
	if err != nil {
		t.Fatal(err)
	}
	bytes := 0
	for i := range 3 {
		if _, err := obj.Evaluate(row(2)); err == nil { // the pole is at 1/2
			t.Fatal("no error past a pole")
		}
		got, err := obj.Evaluate(row(1))
		if err != nil || got != want {
			t.Errorf("%v (%v) after a failure, %v before", got, err, want)
		}
		if i == 0 {
			bytes = o.Bytes()
		} else if b := o.Bytes(); b != bytes {
			t.Errorf("failures leak frames: %d bytes, %d before", b, bytes)
		}
	}
}

// TestTimeResolution: a fixed step that the time cannot resolve is an underflow,
// not an endless loop. An adaptive one is as long as the spacing of times.
func TestTimeResolution(t *testing.T) {
	t0 := 1e9
	t1 := t0 + 1e-5
	o, err := NewSolver(Equation{Drift: decay, T0: t0, T1: t1}, Tsit5, &Settings{FixedSteps: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Predict(row(1)); !stderrors.Is(err, ErrStepUnderflow) {
		t.Errorf("error %v, expected %v", err, ErrStepUnderflow)
	}
	o, err = NewSolver(Equation{Drift: decay, T0: t0, T1: t1}, Tsit5, &Settings{MinStep: 1e-15, InitialStep: 1e-12})
	if err != nil {
		t.Fatal(err)
	}
	span := t1 - t0
	sol, err := o.Predict(row(1))
	if err != nil {
		t.Fatal(err)
	}
	if z := sol.Z.(*tensor.Dense).Float64s()[0]; math.Abs(z-math.Exp(-span)) > 1e-12 {
		t.Errorf("z = %v, expected %v", z, math.Exp(-span))
	}
}

// TestBadSettings: each is refused when the solver is made, by name and value.
func TestBadSettings(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct {
		name   string
		m      *Tableau
		t0, t1 float64
		set    Settings
		says   []string
	}{
		{"negative absolute tolerance", Tsit5, 0, 1, Settings{AbsTol: -1e-3}, []string{"Tsit5", "absolute tolerance", "-0.001"}},
		{"NaN relative tolerance", Tsit5, 0, 1, Settings{RelTol: nan}, []string{"relative tolerance", "NaN"}},
		{"infinite tolerance", Tsit5, 0, 1, Settings{AbsTol: inf}, []string{"absolute tolerance", "Inf"}},
		{"negative first step", Tsit5, 0, 1, Settings{InitialStep: -1}, []string{"initial step", "-1"}},
		{"negative smallest step", Tsit5, 0, 1, Settings{MinStep: -1}, []string{"minimal step", "-1"}},
		{"NaN largest step", Tsit5, 0, 1, Settings{MaxStep: nan}, []string{"maximal step", "NaN"}},
		{"largest below smallest step", Tsit5, 0, 1, Settings{MaxStep: 1e-3, MinStep: 1e-2}, []string{"0.001", "0.01"}},
		{"negative number of steps", Tsit5, 0, 1, Settings{MaxSteps: -1}, []string{"-1"}},
		{"negative memory", Tsit5, 0, 1, Settings{MaxBytes: -1}, []string{"-1 bytes"}},
		{"negative number of fixed steps", Tsit5, 0, 1, Settings{FixedSteps: -4}, []string{"-4"}},
		{"no error control", RK4, 0, 1, Settings{}, []string{"RK4", "FixedSteps"}},
		{"unknown mode", Tsit5, 0, 1, Settings{Mode: 7}, []string{"mode 7"}},
		{"unknown memory", Tsit5, 0, 1, Settings{Memory: 7}, []string{"memory 7"}},
		{"controller", Tsit5, 0, 1, Settings{Controller: &Controller{Safety: 2}}, []string{"safety factor 2"}},
		{"error of a method without", RK4, 0, 1, Settings{FixedSteps: 3, Regularizers: []Regularizer{{Term: Error}}}, []string{"RK4", "error estimate"}},
		{"squared error of a method without", Euler, 0, 1, Settings{FixedSteps: 3, Regularizers: []Regularizer{{Term: ErrorSquared}}}, []string{"Euler", "error estimate"}},
		{"stiffness of a method without", BS3, 0, 1, Settings{Regularizers: []Regularizer{{Term: Stiffness, Aggregation: Max}}}, []string{"BS3", "stiffness estimate"}},
		{"unknown regularizer", Tsit5, 0, 1, Settings{Regularizers: []Regularizer{{Term: 9, Aggregation: Max}}}, []string{"unknown regularizer", "9"}},
		{"unknown aggregation", Tsit5, 0, 1, Settings{Regularizers: []Regularizer{{Term: Error, Aggregation: 9}}}, []string{"unknown regularizer", "9"}},
		{"a regularizer twice", Tsit5, 0, 1, Settings{Regularizers: []Regularizer{{Term: Error}, {Term: Stiffness}, {Term: Error}}}, []string{"twice"}},
		{"NaN start", Tsit5, nan, 1, Settings{}, []string{"time span", "NaN"}},
		{"infinite end", Tsit5, 0, -inf, Settings{}, []string{"time span", "Inf"}},
		{"save time outside of no span", Tsit5, 1, 1, Settings{SaveAt: []float64{1, 2}}, []string{"save time 1 is 2"}},
		{"both tolerances zero", Tsit5, 0, 1, Settings{AbsTol: Zero, RelTol: Zero}, []string{"both tolerances are zero"}},
		{"stop time NaN", Tsit5, 0, 1, Settings{StopAt: []float64{nan}}, []string{"stop time NaN"}},
		{"time origin infinite", Tsit5, 0, 1, Settings{TimeOrigin: inf}, []string{"time origin +Inf"}},
		{"save times out of order", Tsit5, 0, 1, Settings{SaveAt: []float64{0.5, 0.4}}, []string{"save time 1 is 0.4"}},
		{"save times out of order, backwards", Tsit5, 1, 0, Settings{SaveAt: []float64{0.4, 0.5}}, []string{"save time 1 is 0.5"}},
		{"save time before the start", Tsit5, 0, 1, Settings{SaveAt: []float64{-0.1}}, []string{"save time 0 is -0.1"}},
		{"save time after the end", Tsit5, 0, 1, Settings{SaveAt: []float64{0.1, 1.1}}, []string{"save time 1 is 1.1"}},
		{"save time NaN", Tsit5, 0, 1, Settings{SaveAt: []float64{nan}}, []string{"save time 0 is NaN"}},
		{"steps of no kind", Tsit5, 0, 1, Settings{Steps: 7}, []string{"Tsit5", "steps of kind 7"}},
		{"steps per row, inline", Tsit5, 0, 1, Settings{Steps: PerRow, Mode: Inline}, []string{"Tsit5", "per row", "inline steps"}},
		{"steps per row to an event", Tsit5, 0, 1, Settings{Steps: PerRow, Events: []Event{{G: reaches}}}, []string{"per row", "events"}},
		{"steps per row and stops", Tsit5, 0, 1, Settings{Steps: PerRow, StopAt: []float64{0.5}}, []string{"per row", "stop times"}},
		{"no method", nil, 0, 1, Settings{}, []string{"without a method"}},
		{"broken method", &Tableau{Name: "none"}, 0, 1, Settings{}, []string{"none", "no stages"}},
	} {
		o, err := NewSolver(Equation{Drift: decay, T0: tt.t0, T1: tt.t1}, tt.m, &tt.set)
		if err == nil || o != nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		for _, s := range tt.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: error %q does not mention %q", tt.name, err, s)
			}
		}
	}
	if _, err := NewSolver(Equation{Drift: nil, T1: 1}, Tsit5, nil); err == nil {
		t.Error("no dynamics: no error")
	}
	if _, err := ByName("rk45"); err == nil || !strings.Contains(err.Error(), "rk45") || !strings.Contains(err.Error(), "tsit5") {
		t.Errorf("unknown method: error %v", err)
	}
}

// TestBadDynamics: errors of the dynamics come out of the solve that first
// compiles them, with the shapes.
func TestBadDynamics(t *testing.T) {
	z := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(3, 2))
	for _, tt := range []struct {
		name string
		f    Dynamics
		z0   gorgonia.Value
		says []string
	}{
		{"another shape", func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Concat(1, z, z) }, z, []string{"Tsit5", "(3, 2)", "(3, 4)"}},
		{"a vector", func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(z, 1) }, z, []string{"(3, 2)", "(3)"}},
		{"nothing", func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { return nil, nil }, z, []string{"to nothing"}},
		{"an error", func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { return nil, errors.New("no such layer") }, z, []string{"Tsit5", "no such layer"}},
		{"a panic", func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { panic("no such layer") }, z, []string{"Tsit5", "no such layer"}},
		{"no state", decay, nil, []string{"no initial state"}},
		{"a vector for a state", decay, tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(3)), []string{"(3)", "(batch, dim)"}},
		{"integers for a state", decay, tensor.New(tensor.Of(tensor.Int), tensor.WithShape(3, 2)), []string{"int"}},
	} {
		o, err := NewSolver(Equation{Drift: tt.f, T1: 1}, Tsit5, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time as the first
			_, err := o.Predict(tt.z0)
			if err == nil {
				t.Errorf("%s: no error", tt.name)
				continue
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%s: error %q does not mention %q", tt.name, err, s)
				}
			}
		}
	}
}

// TestSolveInsideDynamics: the steps of a solve vary, so it cannot be part of a
// function that is compiled once.
func TestSolveInsideDynamics(t *testing.T) {
	inner := newODE(t, Tsit5, problems.Decay(1), nil)
	nested := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		out, err := inner.Unroll(s, z)
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	for _, mode := range []Mode{Called, Inline} {
		o, err := NewSolver(Equation{Drift: nested, T1: 1}, Tsit5, &Settings{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Predict(row(1)); err == nil || !strings.Contains(err.Error(), "inside a function or its own dynamics") {
			t.Errorf("in dynamics: error %v", err)
		}
	}
	_, err := graph.NewFunction("f", nil, []graph.Spec{{Name: "z", Dtype: tensor.Float64, Shape: tensor.Shape{1, 1}}},
		func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return inner.Unroll(s, in[0]) })
	if err == nil || !strings.Contains(err.Error(), "inside a function or its own dynamics") {
		t.Errorf("in a function: error %v", err)
	}
}
