package integrators

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestGoldenEvent compares an event within one step of Tsit5, u1 = 0.95, and its
// derivatives, with those of an independent implementation: finite differences of the
// whole step.
func TestGoldenEvent(t *testing.T) {
	everyMode(func(mode Mode, memory Memory) {
		p := graph.NewParams(tensor.Float64)
		theta, start := param(t, p, "theta", []float64{1.3}, 1, 1), param(t, p, "start", []float64{1, 0.5}, 1, 2)
		o, err := NewSolver(Equation{Drift: thetaField(theta), Params: p, T1: 0.2}, Tsit5, &Settings{FixedSteps: 1, Mode: mode, Memory: memory,
			Events: []Event{level(0, 0.95, Both)}})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []struct {
			x float64
			d []float64
		}{
			{0.04957225385288202, []float64{-0.04893435261134444, 0.9686469315, 0.04883308049}},
			{0.95, []float64{0, 0, 0}},
			{0.5163913184335415, []float64{-0.039478563136798824}},
		} {
			obj, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
				z0, err := s.Param(start)
				if err != nil {
					return nil, err
				}
				out, err := o.Unroll(s, z0)
				if err != nil || i == 0 {
					return out[1], err
				}
				e := &expr{s: s}
				n := e.entry(out[0], i-1)
				return n, e.err
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			x, grad, err := evaluate(obj, p)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(x-want.x) > 1e-14 {
				t.Errorf("mode %d: quantity %d = %v, expected %v", mode, i, x, want.x)
			}
			for j, d := range want.d { // by theta and, where they are known, by the start
				if got := value.Float64s(grad)[j]; math.Abs(got-d) > 1e-9 {
					t.Errorf("mode %d: derivative %d of quantity %d = %v, expected %v", mode, j, i, got, d)
				}
			}
		}
	})
}

// netEvent is the mean of tanh([z;t]·w + b), with parameters of its own.
func netEvent(t testing.TB, p *graph.Params, bias float64) Event {
	w := param(t, p, "event w", []float64{0.7, -0.4}, 2, 1)
	wt, b := param(t, p, "event wt", []float64{0.9}, 1), param(t, p, "event b", []float64{bias}, 1)
	return Event{G: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		nw, nt, nb := e.do(func() (*gorgonia.Node, error) { return s.Param(w) }), e.do(func() (*gorgonia.Node, error) { return s.Param(wt) }),
			e.do(func() (*gorgonia.Node, error) { return s.Param(b) })
		tm := e.do(s.Time)
		h := e.do(func() (*gorgonia.Node, error) { return ops.Affine(ops.Tanh, z, nw, nb, nt, tm) })
		n := e.apply(func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Mean(n) }, h)
		return n, e.err
	}}
}

// TestEventGradients compares the gradient of state, saved states, time of the event and
// all regularizers across the ways to run a solve, and with differences of the whole
// solve. Steps are fixed, and so is the scale of the error by a relative tolerance of
// nearly zero.
func TestEventGradients(t *testing.T) {
	const batch, dim, hidden = 3, 2, 4
	start := []float64{1, 0.5, -0.3, 0.2, 2, -1}
	for _, tt := range []struct {
		m    Method
		t1   float64
		set  Settings
		bias float64
		none bool
	}{
		{m: Tsit5, t1: 1, set: Settings{FixedSteps: 4}},
		{m: Tsit5, t1: 1, set: Settings{FixedSteps: 4, SaveAt: []float64{0, 0.05, 0.3, 0.31, 0.9, 1}}},
		{m: Tsit5, t1: 1, set: Settings{FixedSteps: 4, StopAt: []float64{0.3, 0.5}, SaveAt: []float64{0.1, 0.3}}},
		{m: Tsit5, t1: 0.1, set: Settings{FixedSteps: 3, SaveAt: []float64{0.05}}, none: true},
		{m: Tsit5, t1: 1, set: Settings{FixedSteps: 4, TimeOrigin: 0.01}},
		{m: Tsit5, t1: -2, set: Settings{FixedSteps: 5}, bias: 0.3},
		{m: BS3, t1: 1, set: Settings{FixedSteps: 4}},
		{m: Vern7, t1: 1, set: Settings{FixedSteps: 4}},
		{m: Dopri8, t1: 1, set: Settings{FixedSteps: 4, SaveAt: []float64{0.11, 0.9}}},
		{m: RK4, t1: 1, set: Settings{FixedSteps: 4}},
		{m: Rosenbrock23, t1: 1, set: Settings{FixedSteps: 4, SaveAt: []float64{0.11, 0.9}}},
		{m: Rosenbrock23, t1: 1, set: Settings{FixedSteps: 4, StopAt: []float64{0.02, 0.3}, SaveAt: []float64{0.02, 0.3}}},
		{m: Rodas5P, t1: 1, set: Settings{FixedSteps: 4}},
	} {
		name := fmt.Sprintf("%s to %v, %d save times", tt.m.traits().name, tt.t1, len(tt.set.SaveAt))
		type result struct {
			loss float64
			grad []float64
		}
		var results []result
		var differences []float64
		everyMode(func(mode Mode, memory Memory) {
			set := tt.set
			set.Mode, set.Memory, set.AbsTol, set.RelTol = mode, memory, 1e-2, 1e-300
			if tt.m.Adaptive() {
				set.Regularizers = []Regularizer{{Term: Error}, {Term: ErrorSquared, Aggregation: Mean}}
			}
			if !tt.m.traits().implicit {
				set.Regularizers = append(set.Regularizers, Regularizer{Term: KineticEnergy})
			}
			if tt.m.EstimatesStiffness() && tt.m != Dopri8 && tt.m != Vern7 { // else it is a quotient of rounding errors
				set.Regularizers = append(set.Regularizers, Regularizer{Term: Stiffness, Aggregation: Max})
			}
			p := graph.NewParams(tensor.Float64)
			set.Events = []Event{never(), netEvent(t, p, cmp.Or(tt.bias, -0.9))}
			z0 := param(t, p, "z0", start, batch, dim)
			o, err := NewSolver(Equation{Drift: netDynamics(t, p, dim, hidden), Params: p, T1: tt.t1}, tt.m, &set)
			if err != nil {
				t.Fatal(err)
			}
			obj := objectiveFrom(t, p, z0, o.Unroll)
			loss, grad, err := evaluate(obj, p)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if found := o.Last().Event == 1; found == tt.none {
				t.Errorf("%s: event %d at %v", name, o.Last().Event, o.Last().T)
			}
			results = append(results, result{loss, value.Float64s(grad)})
			if len(results) == 1 {
				differences = wholeDifferences(t, obj, p)
			}
		})
		want := results[0]
		for i, r := range results {
			if math.Abs(r.loss-want.loss) > 1e-12*math.Abs(want.loss) || !floats.EqualApprox(r.grad, want.grad, 1e-10) {
				t.Errorf("%s: loss and gradient %v in way %d, %v in the first", name, r, i, want)
			}
		}
		if !slices.Equal(results[1].grad, want.grad) {
			t.Errorf("%s: gradient %v in checkpoints, %v stored", name, results[1].grad, want.grad)
		}
		for i, d := range differences {
			if math.Abs(d-want.grad[i]) > 1e-6*(1+math.Abs(d)) {
				t.Errorf("%s: derivative %d is %v, the difference %v", name, i, want.grad[i], d)
			}
		}
	}
}

// never is an event that does not occur.
func never() Event {
	return Event{G: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		n := e.shift(1, e.apply(func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Mean(n) }, e.mul(z, z)))
		return n, e.err
	}}
}

// wholeDifferences differentiates an objective by differences.
func wholeDifferences(t *testing.T, obj *graph.Objective, p *graph.Params) []float64 {
	t.Helper()
	w := p.Vector().Float64s()
	d := make([]float64, len(w))
	for i, x := range w {
		const h = 1e-4
		at := func(k float64) float64 {
			w[i] = x + k*h
			loss, err := obj.Evaluate()
			if err != nil {
				t.Fatal(err)
			}
			return loss
		}
		d[i] = (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * h)
		w[i] = x
	}
	return d
}
