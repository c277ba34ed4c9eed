package main

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/networks/robertson"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// TestReferences: the references of the comparison of methods are those of the
// literature. Van der Pol's oscillator is VDPOL of the Test Set for IVP Solvers
// (Mazzia and Magherini, 2008) in unscaled time.
func TestReferences(t *testing.T) {
	if testing.Short() {
		t.Skip("solves to a tight tolerance")
	}
	for _, tt := range []struct {
		problem stiffProblem
		want    []float64
		tol     float64
	}{
		{stiffProblems[0], []float64{1.706167732170469, -0.0008928097010248125}, 1e-8},
		{stiffProblem{"Robertson at t = 100", robertson.Kinetics, start, 100}, []float64{0.6172348816, 6.1536e-6 / robertson.Ranges()[1], 0.3827589648}, 1e-4},
	} {
		got, err := tt.problem.reference()
		if err != nil {
			t.Fatal(err)
		}
		if e := relativeError(got, tt.want); !(e < tt.tol) {
			t.Errorf("%s ends at %v, expected %v: relative error %.2g", tt.problem.name, got, tt.want, e)
		}
	}
}

// TestSolution compares the data with published values of Robertson's kinetics, and
// with what holds whatever the rates: no species appears or vanishes.
func TestSolution(t *testing.T) {
	states, err := solution([]float64{1e-5, 100, 1e4})
	if err != nil {
		t.Fatal(err)
	}
	ranges := robertson.Ranges()
	for i, want := range [][]float64{nil, {0.6172348816, 6.1536e-6, 0.3827589648}, {0.1073, 4.8e-7, 0.8927}} {
		u := states[i*dim : (i+1)*dim]
		y := make([]float64, dim)
		floats.MulTo(y, u, ranges[:])
		if s := floats.Sum(y); math.Abs(s-1) > 1e-10 {
			t.Errorf("time %d: concentrations sum up to %v", i, s)
		}
		if want != nil && !floats.EqualApprox(y, want, 1e-4) {
			t.Errorf("time %d: %v, expected %v", i, y, want)
		}
	}
}

// TestClocks: both clocks solve the same equation, and agree on times.
func TestClocks(t *testing.T) {
	for name, c := range clocks {
		if s := c.seconds(c.end()); !(math.Abs(s-end) < 1e-9*end) {
			t.Errorf("%s: the end is at %v s, expected %v", name, s, end)
		}
		o, err := integrators.NewSolver(integrators.Equation{
			Drift: c.run(layers.LayerFunc(robertson.Kinetics)).Forward, T0: c.start, T1: c.at(100)[0],
		}, integrators.Rodas5P, &integrators.Settings{AbsTol: 1e-9, RelTol: 1e-9, MinStep: minStep})
		if err != nil {
			t.Fatal(err)
		}
		sol, err := o.Predict(tensor.New(tensor.WithShape(1, dim), tensor.WithBacking(slices.Clone(start))))
		if err != nil {
			t.Fatal(err)
		}
		if u := value.Float64s(sol.Z); math.Abs(u[0]-0.6172348816) > 1e-6 {
			t.Errorf("%s: A is %v at 100 s, expected 0.6172348816", name, u[0])
		}
	}
}
