package integrators

import (
	"errors"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// TestNormsThatOverflow: where the tolerance is so small that scaled norms overflow, the
// first step is not sought for ever: the solve fails, with methods of every kind.
func TestNormsThatOverflow(t *testing.T) {
	for _, m := range []Method{Tsit5, Rosenbrock23, Rodas5P, AutoTsit5(Rodas5P), SOSRI} {
		for _, tt := range []struct {
			name string
			z0   any
			set  Settings
		}{
			{"tolerances", []float64{1}, Settings{AbsTol: 1e-160, RelTol: 1e-160}},
			{"tolerances in float32", []float32{1}, Settings{AbsTol: 1e-40, RelTol: 1e-40}},
			{"a large state", []float64{1e160}, Settings{AbsTol: 1e-6, RelTol: Zero}},
			{"a large state in float32", []float32{1e33}, Settings{AbsTol: 1e-6, RelTol: Zero}},
		} {
			for _, steps := range []Stepping{Shared, PerRow} {
				e := Equation{Drift: decay, T1: 1}
				if m == SOSRI {
					e.Diffusion = decay
				}
				tt.set.Steps = steps
				o, err := NewSolver(e, m, &tt.set)
				if err != nil {
					if steps == PerRow {
						continue // the method does not have them
					}
					t.Fatal(err)
				}
				_, err = o.Predict(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking(tt.z0)))
				if f := new(Failure); !errors.As(err, &f) {
					t.Errorf("%v, steps %v, %s: error %v, expected a failure", m, steps, tt.name, err)
				}
			}
		}
	}
}

// TestProbesAreLimited: the search for a first step ends with the evaluations.
func TestProbesAreLimited(t *testing.T) {
	// A probe from 0, however short, leaves the domain of this field.
	edge := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		n := e.shift(1, e.apply(gorgonia.Sqrt, e.scale(-1, z)))
		return n, e.err
	}
	for _, steps := range []Stepping{Shared, PerRow} {
		o, err := NewSolver(Equation{Drift: edge, T1: 1}, Tsit5, &Settings{MinStep: 1e-300, Steps: steps})
		if err != nil {
			t.Fatal(err)
		}
		o.limits = limits{counted: true, evaluations: 20}
		_, err = o.Predict(column1(0))
		f := new(Failure)
		if !errors.As(err, &f) || f.Reason != ErrMaxEvaluations || f.Stats.NFE > 20 {
			t.Errorf("steps %v: error %v, expected %v after at most 20", steps, err, ErrMaxEvaluations)
		}
	}
}
