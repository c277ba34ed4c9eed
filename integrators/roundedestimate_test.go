package integrators

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats/scalar"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// TestRoundedEstimate: where all stages are 1 the error is 0, and what is estimated is
// what rounding the weights and their sum leaves of it.
func TestRoundedEstimate(t *testing.T) {
	ones := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		return e.shift(1, e.scale(0, z)), e.err
	}
	const tol = 1e-7
	for _, m := range []*Tableau{Tsit5, DP5, BS3, Vern7, Dopri8} {
		var sum32 float32
		var sum64 float64
		for _, w := range m.Err {
			if w != 0 {
				sum32 += float32(w)
				sum64 += w
			}
		}
		for _, steps := range []Stepping{Shared, PerRow} {
			for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
				for _, rounded := range []bool{false, true} {
					z0 := value.New(dt, 3, 2)
					o, err := NewSolver(Equation{Drift: ones, T1: 1}, m, &Settings{
						AbsTol: tol, RelTol: Zero, Steps: steps, RoundedEstimate: rounded, InitialStep: 1. / 64, Record: true,
					})
					if err != nil {
						t.Fatal(err)
					}
					left := math.Abs(sum64) / tol
					if rounded && dt == tensor.Float32 {
						left = math.Abs(float64(sum32)) / tol
					}
					name := fmt.Sprintf("%s, %v, steps %v, rounded %v", m.Name, dt, steps, rounded)
					all := predictFrom(t, o, z0).Steps
					if len(all) == 0 {
						t.Errorf("%s: no step", name)
					}
					for _, s := range all {
						if want := s.H * left; math.Abs(s.E-want) > 1e-6*want+1e-8*s.H {
							t.Errorf("%s: the error of a step of %v is %v, expected %v", name, s.H, s.E, want)
						}
					}
				}
			}
		}
	}
}

// TestRoundedEstimateInFloat64: where the state is float64 nothing is rounded that is not
// otherwise, and the steps are the same but for the order of the sum.
func TestRoundedEstimateInFloat64(t *testing.T) {
	for _, m := range []Method{HeunEuler, BS3, Tsit5, Vern7, Rosenbrock23, Rodas5P, AutoTsit5(Rodas5P)} {
		for _, stepping := range []Stepping{Shared, PerRow} {
			if _, switches := m.(*Switch); switches && stepping == PerRow {
				continue
			}
			var steps [2][]Step
			for i, rounded := range []bool{false, true} {
				o, err := NewSolver(Equation{Drift: fields["spiral"].dynamics, T1: 1}, m, &Settings{
					AbsTol: 1e-4, RelTol: 1e-4, Steps: stepping, RoundedEstimate: rounded, Record: true,
				})
				if err != nil {
					t.Fatal(err)
				}
				steps[i] = predictFrom(t, o, rows(2, 2, 0, 1.1, -0.4)).Steps
			}
			name := fmt.Sprintf("%s, steps %v", m.traits().name, stepping)
			if len(steps[0]) < 5 || len(steps[0]) != len(steps[1]) {
				t.Errorf("%s: %d steps, %d with the estimate rounded, expected as many", name, len(steps[0]), len(steps[1]))
				continue
			}
			for i, want := range steps[0] {
				if got := steps[1][i]; !scalar.EqualWithinRel(got.E, want.E, 1e-7) || !scalar.EqualWithinRel(got.H, want.H, 1e-7) {
					t.Errorf("%s: step %+v with the estimate rounded, expected %+v", name, got, want)
				}
			}
		}
	}
}
