package integrators

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// TestSavedStates asks for the exact solution at times of every kind.
func TestSavedStates(t *testing.T) {
	lorentzian := problems.Lorentzian() // on [0, 2]
	many := floats.Span(make([]float64, 2*maxDense+9), 0.9, 0.9001)
	for _, tt := range []struct {
		name  string
		p     problems.Problem
		times []float64
	}{
		{"the start", lorentzian, []float64{0}},
		{"the end", lorentzian, []float64{2}},
		{"both ends", lorentzian, []float64{0, 2}},
		{"duplicates", lorentzian, []float64{0, 0, 0.7, 0.7, 0.7, 2, 2}},
		{"inside", lorentzian, []float64{0.01, 0.5, 1, 1.99}},
		{"more than one call serves, in one step", lorentzian, many},
		{"backwards", backwards(lorentzian), []float64{2, 2, 1.5, 0.3, 0.3, 0}},
		{"backwards, many", backwards(lorentzian), reversed(many)},
	} {
		for _, m := range []*Tableau{Tsit5, DP5, BS3, Vern7} {
			tol := 1e-8
			if m.Order < 5 {
				tol = 1e-7
			}
			set := &Settings{AbsTol: tol, RelTol: tol, SaveAt: tt.times}
			sol := predict(t, m, tt.p, set)
			if s := sol.Z.Shape(); !s.Eq(tensor.Shape{len(tt.times), 1}) {
				t.Fatalf("%s, %s: shape %v for %d times", m.Name, tt.name, s, len(tt.times))
			}
			exact := make([]float64, 1)
			for i, z := range value.Float64s(sol.Z) {
				lorentzian.Exact(tt.times[i], exact)
				if math.Abs(z-exact[0]) > 1e-5 {
					t.Errorf("%s, %s: z(%v) = %v, expected %v", m.Name, tt.name, tt.times[i], z, exact[0])
				}
			}
			// No step is shortened for them.
			set.SaveAt = nil
			if plain := predict(t, m, tt.p, set); plain.Accepted != sol.Accepted || plain.Rejected != sol.Rejected {
				t.Errorf("%s, %s: %d steps, %d rejected, without save times %d, %d", m.Name, tt.name,
					sol.Accepted, sol.Rejected, plain.Accepted, plain.Rejected)
			}
		}
	}
}

func reversed(x []float64) []float64 {
	y := slices.Clone(x)
	slices.Reverse(y)
	return y
}

// TestStepEndsAreSavedExactly: a save time that a step ends at gets the state
// itself, and no dense output.
func TestStepEndsAreSavedExactly(t *testing.T) {
	p := problems.LotkaVolterra()
	set := &Settings{Record: true}
	last := predict(t, Tsit5, p, set)
	set.SaveAt = []float64{p.T0}
	for _, s := range last.Steps {
		if s.Accepted {
			set.SaveAt = append(set.SaveAt, s.T+s.H)
		}
	}
	set.SaveAt[len(set.SaveAt)-1] = p.T1
	o := newODE(t, Tsit5, p, set)
	sol, err := o.Predict(row(p.Y0...))
	if err != nil {
		t.Fatal(err)
	}
	z := value.Float64s(sol.Z)
	if !floats.Equal(z[:2], p.Y0) {
		t.Errorf("saved %v at the start, expected %v", z[:2], p.Y0)
	}
	if end := value.Float64s(last.Z); !floats.Equal(z[len(z)-2:], end) {
		t.Errorf("saved %v at the end, expected %v", z[len(z)-2:], end)
	}
	for f := range o.compiled {
		if n := len(o.compiled[f].dense); n != 0 {
			t.Errorf("%d dense output functions compiled for times at step ends, expected none", n)
		}
	}
}

// TestSavedBatches: the states at one time are the rows of one block.
func TestSavedBatches(t *testing.T) {
	p := problems.Logistic(2, 0.1)
	o := newODE(t, Tsit5, p, &Settings{SaveAt: []float64{0, 0.3, 2}})
	one, err := o.Predict(tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6})))
	if err != nil {
		t.Fatal(err)
	}
	if s := one.Z.Shape(); !s.Eq(tensor.Shape{9, 2}) {
		t.Fatalf("shape %v, expected (9, 2)", s)
	}
	z := value.Float64s(one.Z)
	exact := make([]float64, 1)
	for i, at := range []float64{0, 0.3, 2} {
		for j := range 6 {
			problems.Logistic(2, float64(j+1)/10).Exact(at, exact)
			if math.Abs(z[6*i+j]-exact[0]) > 2e-3 {
				t.Errorf("entry %d at t = %v is %v, expected %v", j, at, z[6*i+j], exact[0])
			}
		}
	}
}

func TestSetTimes(t *testing.T) {
	p := problems.Lorentzian()
	o := newODE(t, Tsit5, p, &Settings{AbsTol: 1e-8, RelTol: 1e-8, SaveAt: []float64{0.5, 1}})
	at := func(want ...float64) {
		t.Helper()
		sol, err := o.Predict(row(1))
		if err != nil {
			t.Fatal(err)
		}
		exact := make([]float64, 1)
		for i, z := range value.Float64s(sol.Z) {
			p.Exact(want[i], exact)
			if math.Abs(z-exact[0]) > 1e-6 {
				t.Errorf("saved %v, expected z(%v) = %v", z, want[i], exact[0])
			}
		}
	}
	at(0.5, 1)
	// A failed change leaves everything as it was.
	if err := o.SetSpan(0, 0.7); err == nil {
		t.Error("no error for a span that leaves a save time out")
	}
	if err := o.SetSaveAt([]float64{1}); err == nil {
		t.Error("no error for another number of save times")
	}
	if err := o.SetSaveAt([]float64{1, 0.5}); err == nil {
		t.Error("no error for save times out of order")
	}
	at(0.5, 1)
	if err := o.SetSpan(0, 1); err != nil {
		t.Error(err)
	}
	at(0.5, 1)
	if err := o.SetTimes(0, 3, []float64{1.5, 2.5}); err != nil {
		t.Error(err)
	}
	at(1.5, 2.5)
	times := []float64{0.1, 0.2}
	if err := o.SetSaveAt(times); err != nil {
		t.Error(err)
	}
	times[0] = 99 // the solver has a copy
	at(0.1, 0.2)
}
