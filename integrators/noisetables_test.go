package integrators

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

func TestNoisyMethodProperties(t *testing.T) {
	for _, want := range []struct {
		m                        Method
		adaptive, stiffness, two bool // two: a step takes more of a path than its increments
		general                  bool
	}{
		{SRA1, true, false, true, false},
		{SOSRA, true, false, true, false},
		{SOSRA2, true, true, true, false},
		{StratonovichHeun, true, false, false, true},
		{EulerHeun, false, false, false, true},
		{SPaRK, true, false, true, true},
		{GeneralShARK, false, false, true, true},
		{SlowRK, false, false, true, false},
		{StratonovichMilstein, false, false, false, false},
		{LambaEulerHeun, true, false, false, true},
		{ReversibleHeun, true, false, false, true},
	} {
		if err := want.m.Validate(); err != nil {
			t.Error(err)
		}
		tr := want.m.traits()
		if got := want.m.Adaptive(); got != want.adaptive {
			t.Errorf("%v adaptive: %v, expected %v", want.m, got, want.adaptive)
		}
		if got := want.m.EstimatesStiffness(); got != want.stiffness {
			t.Errorf("%v estimates stiffness: %v, expected %v", want.m, got, want.stiffness)
		}
		if tr.usesZ != want.two {
			t.Errorf("%v uses the second process: %v, expected %v", want.m, tr.usesZ, want.two)
		}
		if got := slices.Contains(tr.forms, General); got != want.general {
			t.Errorf("%v takes general noise: %v, expected %v", want.m, got, want.general)
		}
	}
	if len(noisyMethods) != 11 {
		t.Errorf("%d methods, expected those above", len(noisyMethods))
	}
}

func TestValidateRejectsSRA(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(m *SRA)
		want  string // part of the message
	}{
		{"no stages", func(m *SRA) { m.Alpha = nil }, "no stages"},
		{"order", func(m *SRA) { m.StrongOrder = 1 }, "strong order 1"},
		{"delta", func(m *SRA) { m.Delta = math.NaN() }, "delta NaN"},
		{"short C1", func(m *SRA) { m.C1 = m.C1[:2] }, "C1 has 2 entries"},
		{"short B0", func(m *SRA) { m.B0 = m.B0[:2] }, "B0 has 2 rows"},
		{"implicit row", func(m *SRA) { m.A0 = [][]float64{{}, {1, 2}, {0, 1}} }, "row 1 of A0 has 2 entries"},
		{"infinite weight", func(m *SRA) { m.Err = []float64{1, math.Inf(1), 1} }, "Err has an entry +Inf"},
		{"time", func(m *SRA) { m.C0 = []float64{0, 0.5, 1} }, "row 1 of A0 sums to 1, expected 0.5"},
		{"weights", func(m *SRA) { m.Beta2 = []float64{1, -1, 1} }, "Beta2·e = 1"},
		{"noise of a stage", func(m *SRA) { m.B0 = [][]float64{{}, {0}, {0.4, 0.7}} }, "Alpha·B0 e"},
		{"times of the diffusion", func(m *SRA) { m.C1 = []float64{0, 0, 0} }, "Beta1·C1 = 0, expected 1"},
		{"no estimate", func(m *SRA) { m.Err = make([]float64, 3) }, "all weights of the error estimate are zero"},
		{"stiffness stage", func(m *SRA) { m.StiffStages = [2]int{3, 1} }, "stiffness stage 3"},
		{"stiffness stages of two times", func(m *SRA) { m.StiffStages = [2]int{1, 0} }, "two stages of equal ones"},
	} {
		m := *SOSRA2
		tt.spoil(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), "SOSRA2") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, expected it to say %q", tt.name, err, tt.want)
		}
	}
}

func TestValidateRejectsSRK(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(m *SRK)
		want  string // part of the message
	}{
		{"no stages", func(m *SRK) { m.B = nil }, "no stages"},
		{"orders", func(m *SRK) { m.Orders.Commutative = 0 }, "strong orders"},
		{"short AH", func(m *SRK) { m.AH = m.AH[:2] }, "AH has 2 rows"},
		{"implicit row", func(m *SRK) { m.AW = [][]float64{{}, {1, 2}, {0, 1}} }, "row 1 of AW has 2 entries"},
		{"short weights", func(m *SRK) { m.BH = m.BH[:1] }, "BH has 1 entries"},
		{"weights", func(m *SRK) { m.BH = []float64{1, 0, 0} }, "BH sums to 1"},
		{"error weights", func(m *SRK) { m.ErrW = []float64{1, 0, 0} }, "ErrW sums to 1"},
		{"no error weights of H", func(m *SRK) { m.ErrH = nil }, "ErrH has 0 entries"},
		{"no estimate", func(m *SRK) { m.Err, m.ErrW, m.ErrH = make([]float64, 3), make([]float64, 3), make([]float64, 3) }, "all weights of the error estimate are zero"},
		{"first time", func(m *SRK) { m.C = []float64{0.5, 0.5, 1} }, "C begins with 0.5"},
		{"Itô's sense", func(m *SRK) { m.AW = [][]float64{{}, {0}, {0, 0}} }, "BW·AW sums to 0, expected 0.5"},
	} {
		m := *SPaRK
		tt.spoil(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), "SPaRK") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, expected it to say %q", tt.name, err, tt.want)
		}
	}
	if err := new(Scheme).Validate(); err == nil {
		t.Error("a scheme without a step is valid")
	}
}

// TestSavedNoise: with constant additive noise and no drift states between the ends of
// steps are exact, the path times the diffusion, whatever the method.
func TestSavedNoise(t *testing.T) {
	q := noisyEquation{Additive, 3, scaled(0), func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		return e.columns(e.same(z, 1), e.same(z, -2), e.same(z, 0.5), e.same(z, 0), e.same(z, 3), e.same(z, 1))
	}}
	times := []float64{0.125, 0.25, 0.875, 1}
	noise := &Noise{Seed: 7, Grid: 8}
	b := startBrownian(t, 2, 3, false, noise, 0, 1)
	var want []float64
	w := make([]float64, 6)
	for _, at := range times {
		b.prepare(at)
		floats.Add(w, b.dW())
		for r := range 2 {
			x := w[3*r:]
			want = append(want, 1+x[0]-2*x[1]+0.5*x[2], 1+3*x[1]+x[2])
		}
	}
	for _, m := range append(slices.Clone(noisyMethods), EulerMaruyama) {
		sol := predictFrom(t, q.solver(t, m, 0, 1, noise, &Settings{FixedSteps: 2, SaveAt: times}), rows(2, 1, 1, 1, 1))
		if z := value.Float64s(sol.Z); !floats.EqualApprox(z, want, 1e-12) {
			t.Errorf("%v: saved states %v, expected %v", m, z, want)
		}
	}
}
