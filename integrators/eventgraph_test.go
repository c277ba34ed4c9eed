package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// TestEventOnTapeMachine: the graph of a solve with an event gives on Gorgonia's own
// machine what it gives in an objective.
func TestEventOnTapeMachine(t *testing.T) {
	everyMode(func(mode Mode, memory Memory) {
		p := graph.NewParams(tensor.Float64)
		theta := param(t, p, "theta", []float64{1.3}, 1, 1)
		o, err := NewSolver(Equation{Drift: thetaField(theta), Params: p, T1: 1}, Tsit5, &Settings{Mode: mode, Memory: memory,
			Events: []Event{level(0, 0.6, Both)}, Regularizers: []Regularizer{{Term: Error}}})
		if err != nil {
			t.Fatal(err)
		}
		obj := objectiveOf(t, p, o.Unroll)
		want, grad, err := evaluate(obj, p, row(1, 0.5))
		if err != nil {
			t.Fatal(err)
		}
		got, derivative := onTapeMachine(t, o, p, row(1, 0.5))
		if math.Abs(got-want) > 1e-13 || math.Abs(derivative[0]-value.Scalar(grad)) > 1e-12 {
			t.Errorf("mode %d: %v with derivative %v on the tape machine, expected %v and %v", mode, got, derivative, want, grad)
		}
	})
}

// TestSlopeWeights: the slopes of a dense output are those of the field at the ends
// of a step, and inside those that a difference has.
func TestSlopeWeights(t *testing.T) {
	for _, m := range []*Tableau{Tsit5, DP5, BS3, HeunEuler, Vern7, Dopri8, Euler, Midpoint, RK4} {
		o, err := NewSolver(Equation{Drift: decay, T1: 1}, m, &Settings{FixedSteps: 1})
		if err != nil {
			t.Fatal(err)
		}
		n := m.DenseStages()
		if d := o.slopeWeights(0); !floats.EqualApprox(d, unit(n, 0), 1e-11) {
			t.Errorf("%s: weights of the slope at the start %v, expected the first stage", m.Name, d)
		}
		const h = 1e-3
		for _, theta := range []float64{0.1, 0.5, 0.93} {
			d := m.DenseWeights(theta+h, nil)
			floats.Sub(d, m.DenseWeights(theta-h, nil))
			floats.Scale(1/(2*h), d)
			if got := o.slopeWeights(theta); !floats.EqualApprox(got, d, 1e-3) {
				t.Errorf("%s: weights of the slope at %v are %v, expected about %v", m.Name, theta, got, d)
			}
		}
	}
}

// TestEventOfManySteps: with idle calls after the step that ends at an event, time and
// derivative are those of the closed form, log(z0/x)/rate.
func TestEventOfManySteps(t *testing.T) {
	everyMode(func(mode Mode, memory Memory) {
		p := graph.NewParams(tensor.Float64)
		rate := param(t, p, "rate", []float64{-1}, 1, 1)
		o, err := NewSolver(Equation{Drift: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
			e := &expr{s: s}
			n := e.mul(e.do(func() (*gorgonia.Node, error) { return s.Param(rate) }), z)
			return n, e.err
		}, Params: p, T1: math.Inf(1)}, Tsit5, &Settings{AbsTol: 1e-10, RelTol: 1e-10, Mode: mode, Memory: memory,
			Events: []Event{level(0, 0.3, Falling)}, RequireEvent: true})
		if err != nil {
			t.Fatal(err)
		}
		obj := secondResult(t, p, o.Unroll)
		for _, z0 := range []float64{1, 1.001, 1.002, 3, 1} {
			at, grad, err := evaluate(obj, p, row(z0))
			if err != nil {
				t.Fatal(err)
			}
			want := math.Log(z0 / 0.3)
			if math.Abs(at-want) > 1e-8 || math.Abs(value.Scalar(grad)-want) > 1e-8 {
				t.Errorf("mode %d: event at %v with derivative %v, expected %v twice", mode, at, grad, want)
			}
		}
		if n := o.Last().Accepted; mode == Called && n == roundUp(n) {
			t.Errorf("%d steps, expected a number that is rounded up", n)
		}
		if c := obj.Cache(); mode == Called && c.Hits == 0 {
			t.Errorf("cache %+v, expected hits", c)
		}
	})
}
