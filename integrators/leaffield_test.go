package integrators

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// steady is a field that is Scope.Data itself, which no operation computes.
func steady(x ...float64) Dynamics {
	return func(s *graph.Scope, _ *gorgonia.Node) (*gorgonia.Node, error) {
		return s.Data(tensor.New(tensor.WithShape(1, len(x)), tensor.WithBacking(x)))
	}
}

// TestFieldThatIsData solves dz/dt = (3, 4), whose solution every method has
// exactly, at the end and at save times, in predictions and in objectives.
func TestFieldThatIsData(t *testing.T) {
	for _, m := range methods {
		for _, memory := range []Memory{Store, Checkpoint} {
			for _, mode := range []Mode{Called, Inline} {
				set := &Settings{SaveAt: []float64{0, 0.3, 2}, FixedSteps: 3, Mode: mode, Memory: memory}
				if m.Adaptive() {
					set.FixedSteps = 0
				}
				o, err := NewSolver(Equation{Drift: steady(3, 4), T1: 2}, m, set)
				if err != nil {
					t.Fatal(err)
				}
				want := []float64{1, 2, 1.9, 3.2, 7, 10}
				sol, err := o.Predict(row(1, 2))
				if err != nil {
					t.Fatal(err)
				}
				checkNear(t, m.Name+" predicts", value.Float64s(sol.Z), want)
				params := graph.NewParams(tensor.Float64) // the start
				start, err := params.Add("start", func(x []float64) { x[0], x[1] = 1, 2 }, 1, 2)
				if err != nil {
					t.Fatal(err)
				}
				if o, err = NewSolver(Equation{Drift: steady(3, 4), Params: params, T1: 2}, m, set); err != nil {
					t.Fatal(err)
				}
				obj := objectiveOf(t, params, func(s *graph.Scope, _ *gorgonia.Node, _ ...*gorgonia.Node) (gorgonia.Nodes, error) {
					z, err := s.Param(start)
					if err != nil {
						return nil, err
					}
					out, err := o.Unroll(s, z)
					if err == nil {
						s.Record("solution", out[0])
					}
					return out, err
				})
				if _, err := obj.Evaluate(row(0, 0)); err != nil {
					t.Fatal(err)
				}
				checkNear(t, m.Name+" trains", value.Float64s(obj.Recorded("solution")[0]), want)
			}
		}
	}
}

func checkNear(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if !near(got[i], want[i], 1e-12) {
			t.Errorf("%s %v, expected %v", what, got, want)
			return
		}
	}
}

// TestDiffusionThatIsData: a diffusion that is Data is as large in the choice of
// the first step as one that is computed.
func TestDiffusionThatIsData(t *testing.T) {
	computed := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		g, err := steady(0.5, 0.8)(s, z)
		if err != nil {
			return nil, err
		}
		return gorgonia.Add(g, g)
	}
	for _, m := range adaptiveSRI {
		var first [2]Solution
		for i, g := range []Dynamics{computed, steady(1, 1.6)} {
			o, err := NewSolver(Equation{Drift: steady(3, 4), Diffusion: g, T1: 1, Noise: &Noise{Seed: 1}}, m, &Settings{Record: true})
			if err != nil {
				t.Fatal(err)
			}
			first[i] = *predictFrom(t, o, row(1, 2))
		}
		a, b := first[0], first[1]
		if a.Steps[0] != b.Steps[0] || math.IsInf(a.Steps[0].H, 0) || a.NFE != b.NFE {
			t.Errorf("%s: first step %+v, expected %+v", m.Name, b.Steps[0], a.Steps[0])
		}
	}
}
