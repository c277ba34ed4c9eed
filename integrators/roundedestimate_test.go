package integrators

import (
	"fmt"
	"math"
	"testing"

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
