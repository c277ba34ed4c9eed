package integrators

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/floats/scalar"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/docs/doctest"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// spirals returns the states (batch, 2) from which the spiral starts.
func spirals(x ...float64) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(x)/2, 2), tensor.WithBacking(append([]float64(nil), x...)))
}

// TestRowsTakeTheirOwnSteps compares a hard row and an easy one with independent solves
// of each.
func TestRowsTakeTheirOwnSteps(t *testing.T) {
	o := newODE(t, Tsit5, until(1, problems.Spiral()), &Settings{Steps: PerRow, AbsTol: 1e-6, RelTol: 1e-6, Record: true})
	sol, err := o.Predict(spirals(2, 0, 0.5, 0))
	if err != nil {
		t.Fatal(err)
	}
	for b, want := range []struct {
		nfe, accepted  int
		errorTimesStep float64
		end            []float64
	}{
		{273, 45, 0.1313051435024537, []float64{0.7092609558902991, -1.5041084062814367}},
		{45, 7, 0.005309986051675108, []float64{0.48100664200812293, 0.23861553694627155}},
	} {
		got := sol.Rows[b]
		if got.NFE != want.nfe || got.Accepted != want.accepted || got.Rejected != 0 || got.T != 1 || got.Err != nil {
			t.Errorf("row %d: %+v, expected %d evaluations and %d steps", b, got, want.nfe, want.accepted)
		}
		if end := value.Float64s(sol.Z)[2*b:][:2]; !floats.EqualApprox(end, want.end, 1e-12) {
			t.Errorf("row %d ends at %v, expected %v", b, end, want.end)
		}
		sum := 0.0
		for _, s := range sol.Steps {
			if s.Row == b && s.Accepted {
				sum += s.E * s.H
			}
		}
		if !scalar.EqualWithinRel(sum, want.errorTimesStep, 1e-6) {
			t.Errorf("row %d: the sum of E·h is %v, expected %v", b, sum, want.errorTimesStep)
		}
	}
	if sol.NFE != 273 || sol.Accepted != 45 || sol.MeanNFE() != 159 || sol.MedianNFE() != 159 || sol.TotalNFE() != 318 {
		t.Errorf("%+v, a mean of %v, a median of %v and a total of %d evaluations, expected 273, 159, 159 and 318", sol.Stats, sol.MeanNFE(), sol.MedianNFE(), sol.TotalNFE())
	}
}

// TestHardRow: one row in 64 that needs short steps costs the others nothing. The factor
// is that of all evaluations of single rows, those that only fill frames among them.
func TestHardRow(t *testing.T) {
	z0 := make([]float64, 2*64)
	for b := range 64 {
		z0[2*b] = 0.5
	}
	z0[2*20] = 2
	for _, tol := range []float64{1e-3, 1e-6} {
		var evaluations [2]int
		for i, steps := range []Stepping{Shared, PerRow} {
			o := newODE(t, Tsit5, until(1, problems.Spiral()), &Settings{Steps: steps, AbsTol: tol, RelTol: tol})
			sol, err := o.Predict(spirals(z0...))
			if err != nil {
				t.Fatal(err)
			}
			evaluations[i] = 64 * sol.NFE
			if steps == PerRow {
				evaluations[i] = sol.RowEvaluations
				if sol.RowEvaluations < sol.TotalNFE() {
					t.Errorf("%d evaluations of rows, expected at least the %d of which they are told", sol.RowEvaluations, sol.TotalNFE())
				}
			}
		}
		factor := float64(evaluations[0]) / float64(evaluations[1])
		if tol == 1e-6 {
			doctest.Check(t, "../docs/per-row.md", "hard row", fmt.Sprintf("One row in 64 of a spiral that starts at (2, 0), where the others start at (0.5, 0), takes %d evaluations of single rows with shared steps at a tolerance of %g, and %d with steps of its own: a factor of %.2f.",
				evaluations[0], tol, evaluations[1], factor), 0.02)
		}
		if factor < 1.5 {
			t.Errorf("a factor of %v, expected more than 1.5", factor)
		}
	}
}

// TestBadRowTimes: each is refused, by name and value, and changes nothing.
func TestBadRowTimes(t *testing.T) {
	solver := func(steps Stepping) *Solver {
		return newODE(t, Tsit5, until(1, problems.Spiral()), &Settings{Steps: steps, SaveAt: []float64{0.5, 1}})
	}
	o := solver(PerRow)
	want, err := o.Predict(spirals(2, 0, 0.5, 0))
	if err != nil {
		t.Fatal(err)
	}
	zero, one := []float64{0, 0}, []float64{1, 1}
	for says, tt := range map[string]struct {
		t0, t1 []float64
		saveAt [][]float64
	}{
		"2 starts and 1 ends":        {zero, []float64{1}, nil},
		"0 starts":                   {nil, nil, nil},
		"save times for 1 rows":      {zero, one, [][]float64{{0.5, 1}}},
		"row 1: 1 save times":        {zero, one, [][]float64{{0.5, 1}, {1}}},
		"row 1: save time 1 is 2":    {zero, one, [][]float64{{0.5, 1}, {1, 2}}},
		"row 0: time span [NaN, 1]":  {[]float64{math.NaN(), 0}, one, nil},
		"row 1: save time 0 is 0.5":  {zero, []float64{1, 0.2}, nil},
		"row 0: save time 1 is 0.4":  {zero, one, [][]float64{{0.5, 0.4}, {1, 1}}},
		"row 1: time span [0, +Inf]": {zero, []float64{1, math.Inf(1)}, nil},
	} {
		if err := o.SetRowTimes(tt.t0, tt.t1, tt.saveAt); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, expected one that mentions %q", err, says)
		}
	}
	if got, err := o.Predict(spirals(2, 0, 0.5, 0)); err != nil || !slices.Equal(value.Float64s(got.Z), value.Float64s(want.Z)) {
		t.Errorf("solution %v (%v) after errors, expected %v", got, err, want)
	}
	if err := solver(Shared).SetRowTimes(zero, one, nil); err == nil || !strings.Contains(err.Error(), "shared") {
		t.Errorf("error %v with shared steps, expected one", err)
	}
	if err := o.SetRowTimes(make([]float64, 3), []float64{1, 1, 1}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Predict(spirals(2, 0, 0.5, 0)); err == nil || !strings.Contains(err.Error(), "3 rows") {
		t.Errorf("error %v with times for another number of rows, expected one that mentions 3", err)
	}
	if err := o.SetSpan(0, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Predict(spirals(2, 0, 0.5, 0)); err != nil {
		t.Errorf("one span for all again: %v", err)
	}
	if _, err := o.Predict(spirals(2, 0, 0.5, 0), row(1, 2)); err == nil || !strings.Contains(err.Error(), "context 0 of shape (1, 2)") {
		t.Errorf("error %v with a context of one row, expected one that mentions its shape", err)
	}
}
