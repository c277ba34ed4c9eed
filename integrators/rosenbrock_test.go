package integrators

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestStiffMethods(t *testing.T) {
	if got, want := StiffMethods(), []string{"rodas5p", "rosenbrock23"}; !slices.Equal(got, want) {
		t.Errorf("StiffMethods() = %v, expected %v", got, want)
	}
	for _, m := range stiffMethods {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
		if got, err := StiffByName(strings.ToUpper(m.Name)); err != nil || got != m {
			t.Errorf("StiffByName(%q) = %v, %v", strings.ToUpper(m.Name), got, err)
		}
	}
	if _, err := StiffByName("rodas"); err == nil || !strings.Contains(err.Error(), "rodas5p, rosenbrock23") {
		t.Errorf("error %v of an unknown method, expected one that lists the known ones", err)
	}
}

func TestRosenbrockValidateRejects(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(m *Rosenbrock)
		want  string // part of the message
	}{
		{"no stages", func(m *Rosenbrock) { m.B = nil }, "no stages"},
		{"order", func(m *Rosenbrock) { m.Order = 0 }, "orders 0 and 3"},
		{"embedded order", func(m *Rosenbrock) { m.EmbeddedOrder = 0 }, "orders 2 and 0"},
		{"no diagonal", func(m *Rosenbrock) { m.Gamma = 0 }, "γ = 0"},
		{"diagonal NaN", func(m *Rosenbrock) { m.Gamma = math.NaN() }, "γ = NaN"},
		{"no dense output", func(m *Rosenbrock) { m.Dense = nil }, "Dense is empty"},
		{"short dense output", func(m *Rosenbrock) { m.Dense = [][]float64{{1}} }, "row of Dense has 1 entries"},
		{"dense output of nothing", func(m *Rosenbrock) { m.Dense = [][]float64{{0, 0, 0}} }, "row of Dense is zero"},
		{"no estimate", func(m *Rosenbrock) { m.Err = make([]float64, 3) }, "all weights of the error estimate are zero"},
		{"short C", func(m *Rosenbrock) { m.C = m.C[:2] }, "C has 2 entries"},
		{"short D", func(m *Rosenbrock) { m.D = m.D[:2] }, "D has 2 entries"},
		{"no error estimate", func(m *Rosenbrock) { m.Err = nil }, "Err has 0 entries"},
		{"short A", func(m *Rosenbrock) { m.A = m.A[:2] }, "A has 2 rows"},
		{"full row", func(m *Rosenbrock) { m.A[1] = []float64{1, 2} }, "row of A has 2 entries"},
		{"short Coupling", func(m *Rosenbrock) { m.Coupling = m.Coupling[:1] }, "Coupling has 1 rows"},
		{"infinite entry", func(m *Rosenbrock) { m.Coupling[1] = []float64{math.Inf(1)} }, "entry +Inf"},
		{"times", func(m *Rosenbrock) { m.C[1] = 0.4 }, "row 1 of α sums to 0.5"},
		{"slopes by time", func(m *Rosenbrock) { m.D[2] = 0 }, "row 2 of Γ sums"},
		{"weights", func(m *Rosenbrock) { m.B[0], m.FSAL = 3, false }, "weights of the solution sum"},
		{"error weights", func(m *Rosenbrock) { m.Err[0] = 1 }, "weights of the error estimate sum"},
		{"not FSAL", func(m *Rosenbrock) { m.B[1] = 0 }, "FSAL"},
	} {
		m := *Rosenbrock23
		for _, x := range []*[]float64{&m.C, &m.D, &m.B, &m.Err} {
			*x = slices.Clone(*x)
		}
		m.A, m.Coupling = slices.Clone(m.A), slices.Clone(m.Coupling)
		tt.spoil(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, expected one with %q", tt.name, err, tt.want)
		}
	}
}

// TestSteady: a step is kept where the rule would shrink it by a sixth at most.
func TestSteady(t *testing.T) {
	for _, tt := range []struct {
		settings *Controller
		q        float64 // what the rule divides the step by
		want     float64 // what divides it
	}{
		{nil, 0.99, 0.99}, {nil, 1.1, 1}, {nil, 1.19, 1}, {nil, 1.21, 1.21}, {nil, 9, 5},
		{&Controller{Steady: 1}, 1.1, 1.1}, {&Controller{Steady: 2}, 1.9, 1},
	} {
		c, err := Rodas5P.control(tt.settings)
		if err != nil {
			t.Fatal(err)
		}
		c.lastError = 1
		e := math.Pow(0.9*tt.q, 1/c.Beta1)
		if got := 1 / c.accept(e, 1); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%+v: step divided by %v where the rule says %v, expected %v", tt.settings, got, tt.q, tt.want)
		}
	}
	if _, err := Rodas5P.control(&Controller{Steady: 0.5}); err == nil {
		t.Error("steady steps that grow: no error, expected one")
	}
}
