package integrators

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestMethodsAreValid(t *testing.T) {
	for _, m := range methods {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestMethodProperties(t *testing.T) {
	for _, want := range []struct {
		method      *Tableau
		stages      int
		evaluations int
		adaptive    bool
		stiffness   bool
	}{
		{Tsit5, 7, 6, true, true},
		{DP5, 7, 6, true, true},
		{BS3, 4, 3, true, false},
		{HeunEuler, 3, 2, true, true},
		{Vern7, 10, 10, true, true},
		{Dopri8, 14, 13, true, true},
		{Euler, 1, 1, false, false},
		{Midpoint, 2, 2, false, false},
		{RK4, 4, 4, false, false},
	} {
		m := want.method
		if got := m.Stages(); got != want.stages {
			t.Errorf("%s has %d stages, expected %d", m.Name, got, want.stages)
		}
		if got := m.EvaluationsPerStep(); got != want.evaluations {
			t.Errorf("%s takes %d evaluations a step, expected %d", m.Name, got, want.evaluations)
		}
		if got := m.Adaptive(); got != want.adaptive {
			t.Errorf("%s adaptive: %v, expected %v", m.Name, got, want.adaptive)
		}
		if got := m.EstimatesStiffness(); got != want.stiffness {
			t.Errorf("%s estimates stiffness: %v, expected %v", m.Name, got, want.stiffness)
		}
	}
}

func TestByName(t *testing.T) {
	want := []string{"bs3", "dopri8", "dp5", "euler", "heuneuler", "midpoint", "rk4", "tsit5", "vern7"}
	if got := Methods(); !slices.Equal(got, want) {
		t.Errorf("Methods() = %v, expected %v", got, want)
	}
	for name, want := range map[string]*Tableau{
		"tsit5": Tsit5, "Tsit5": Tsit5, "TSIT5": Tsit5,
		"dopri5": DP5, "Dopri5": DP5, "dp5": DP5,
		"bs3": BS3, "heuneuler": HeunEuler, "HeunEuler": HeunEuler,
		"vern7": Vern7, "dopri8": Dopri8,
		"euler": Euler, "midpoint": Midpoint, "rk4": RK4,
	} {
		if got, err := ByName(name); err != nil || got != want {
			t.Errorf("ByName(%q) = %v, %v, expected %s", name, got, err, want.Name)
		}
	}
	for _, name := range []string{"", "tsit", "tsit5 ", "rk45"} {
		m, err := ByName(name)
		if err == nil {
			t.Errorf("ByName(%q) = %s, expected an error", name, m.Name)
			continue
		}
		for _, known := range append(Methods(), "dopri5") {
			if !strings.Contains(err.Error(), known) {
				t.Errorf("ByName(%q): error %q does not list %s", name, err, known)
			}
		}
	}
}

func TestValidateRejects(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(m *Tableau)
		want  string // part of the message
	}{
		{"no stages", func(m *Tableau) { m.B = nil }, "no stages"},
		{"short C", func(m *Tableau) { m.C = m.C[:3] }, "C has 3 entries"},
		{"short A", func(m *Tableau) { m.A = m.A[:3] }, "A 3 rows"},
		{"implicit row", func(m *Tableau) { m.A[1] = []float64{0.25, 0.25} }, "row 1 of A has 2 entries"},
		{"row sum", func(m *Tableau) { m.C[1] = 0.6 }, "row 1 of A sums"},
		{"weights", func(m *Tableau) { m.B[1] += 0.1 }, "B sums"},
		{"error weights", func(m *Tableau) { m.Err[1] += 0.1 }, "Err sums"},
		{"short error weights", func(m *Tableau) { m.Err = m.Err[:2] }, "Err has 2 entries"},
		{"short dense weights", func(m *Tableau) { m.Dense = []float64{0} }, "Dense has 1 entries"},
		{"dense weight NaN", func(m *Tableau) { m.Dense = []float64{0, 0, math.NaN(), 0} }, "Dense has an entry NaN"},
		{"no estimate", func(m *Tableau) { m.Err = make([]float64, 4) }, "all weights of the error estimate are zero"},
		{"order", func(m *Tableau) { m.Order = 0 }, "order 0"},
		{"embedded order", func(m *Tableau) { m.EmbeddedOrder = 0 }, "embedded order 0"},
		{"not FSAL", func(m *Tableau) { m.B[0], m.B[1] = m.B[1], m.B[0] }, "FSAL"},
		{"last weight", func(m *Tableau) { m.B[3], m.B[2] = m.B[2], 0 }, "last entry of B"},
		{"stiffness stage", func(m *Tableau) { m.StiffStages = [2]int{4, 3} }, "stiffness stage 4"},
		{"two interpolants", func(m *Tableau) { m.Dense, m.Interpolant = make([]float64, 4), &Interpolant{} }, "at most one"},
		{"short interpolant", func(m *Tableau) { m.Interpolant = &Interpolant{C: []float64{0.5}, B: make([][]float64, 5)} }, "0 rows of A"},
		{"interpolant's row", func(m *Tableau) {
			m.Interpolant = &Interpolant{C: []float64{0.5}, A: [][]float64{{0.4, 0, 0, 0}}, B: make([][]float64, 5)}
		}, "row 0 of A of the interpolant"},
		{"interpolant's end", func(m *Tableau) { m.Interpolant = &Interpolant{B: make([][]float64, 4)} }, "polynomial 0 of the interpolant"},
		{"stiffness stages apart", func(m *Tableau) { m.StiffStages = [2]int{3, 2} }, "stiffness stages 3 and 2"},
	} {
		m := *BS3
		m.C, m.B, m.Err = slices.Clone(m.C), slices.Clone(m.B), slices.Clone(m.Err)
		m.A = slices.Clone(m.A)
		tt.spoil(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, expected one with %q", tt.name, err, tt.want)
		}
	}
}

func ExampleByName() {
	m, err := ByName("tsit5")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: order %d(%d), %d evaluations a step\n", m.Name, m.Order, m.EmbeddedOrder, m.EvaluationsPerStep())
	// Output: Tsit5: order 5(4), 6 evaluations a step
}
