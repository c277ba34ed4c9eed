package integrators_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// TestKineticEnergy: for dz/dt = a·z from 1 it is ∫ a² exp(2at) dt, with the
// derivative by a of that, in every mode, in both directions of time, with a method
// that is FSAL and with one that is not, and for a drift.
func TestKineticEnergy(t *testing.T) {
	energy := func(a, t float64) float64 { return math.Abs(a * math.Expm1(2*a*t) / 2) }
	slope := func(a, t float64) float64 { return (energy(a+1e-4, t) - energy(a-1e-4, t)) / 2e-4 }
	penalty := integrators.Regularizer{Term: integrators.KineticEnergy}
	zero := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sub(z, z) }
	for _, tt := range []struct {
		name      string
		method    integrators.Method
		diffusion integrators.Dynamics
		calculus  integrators.Calculus
		end, tol  float64
	}{
		{"FSAL", integrators.Tsit5, nil, integrators.Ito, 2, 1e-6},
		{"backwards", integrators.Tsit5, nil, integrators.Ito, -1, 1e-6},
		{"not FSAL", integrators.Dopri8, nil, integrators.Ito, 2, 1e-6},
		{"of a drift", integrators.SRIW1, zero, integrators.Ito, 2, 2e-3},
		{"of a drift, Stratonovich", integrators.SPaRK, zero, integrators.Stratonovich, 2, 2e-3},
		{"of a drift that is handed on", integrators.ReversibleHeun, zero, integrators.Stratonovich, 2, 2e-3},
	} {
		for _, way := range []integrators.Settings{
			{Mode: integrators.Called}, {Memory: integrators.Checkpoint}, {Mode: integrators.Inline},
		} {
			params := graph.NewParams(tensor.Float64)
			a, err := params.Add("a", func(w []float64) { w[0] = -0.7 }, 1, 1)
			if err != nil {
				t.Fatal(err)
			}
			drift := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
				return gorgonia.Mul(z, gorgonia.Must(s.Param(a)))
			}
			way.FixedSteps, way.Regularizers = 60, []integrators.Regularizer{penalty}
			equation := integrators.Equation{Drift: drift, Diffusion: tt.diffusion, Calculus: tt.calculus, Params: params, T1: tt.end}
			solver, err := integrators.NewSolver(equation, tt.method, &way)
			if err != nil {
				t.Fatal(err)
			}
			objective, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
				out, err := solver.Unroll(s, in[0])
				if err != nil {
					return nil, err
				}
				return out[1], nil
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := objective.Evaluate(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{1})))
			if err != nil {
				t.Fatal(err)
			}
			grad, err := params.Grad()
			if err != nil {
				t.Fatal(err)
			}
			d, name := value.Scalar(grad), fmt.Sprintf("%s, mode %d, memory %d", tt.name, way.Mode, way.Memory)
			if want := energy(-0.7, tt.end); math.Abs(got-want) > tt.tol*want {
				t.Errorf("%s: energy %v, expected %v", name, got, want)
			}
			if want := slope(-0.7, tt.end); math.Abs(d-want) > 2*tt.tol*math.Abs(want) {
				t.Errorf("%s: derivative %v, expected %v", name, d, want)
			}
		}
	}
}
