package integrators

import (
	"errors"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// TestMixedRows: dynamics in which rows depend on each other are refused with steps per
// row, of every kind of method, and taken with shared ones.
func TestMixedRows(t *testing.T) {
	centred := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.Sub(z, gorgonia.Must(gorgonia.Mean(z)))
	}
	for _, m := range []Method{Tsit5, RK4, Rosenbrock23, SOSRI} {
		for _, steps := range []Stepping{Shared, PerRow} {
			for name, f := range map[string]Dynamics{"mixing": centred, "not mixing": decay} {
				e := Equation{Drift: f, T1: 1}
				if m == SOSRI {
					e.Diffusion = decay
				}
				set := &Settings{Steps: steps, AbsTol: 1e-2, RelTol: 1e-2}
				if !m.Adaptive() {
					set.FixedSteps = 4
				}
				o, err := NewSolver(e, m, set)
				if err != nil {
					t.Fatal(err)
				}
				// Rows that are alike tell nothing, and the solve after them does.
				for _, z0 := range [][]float64{{0.5, 0.5, 0.5}, {1, 2, 4}} {
					_, err = o.Predict(column1(z0...))
				}
				refused := errors.Is(err, ErrMixedRows)
				if want := steps == PerRow && name == "mixing"; refused != want || !want && err != nil {
					t.Errorf("%v, steps %v, dynamics %s: error %v, expected one of mixed rows: %v", m, steps, name, err, want)
				}
			}
		}
	}
}
