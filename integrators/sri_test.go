package integrators

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestSDEMethodsAreValid(t *testing.T) {
	for _, m := range sdeMethods {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestSDEMethodProperties(t *testing.T) {
	for _, want := range []struct {
		method                     *SRI
		drift, diffusion           int
		adaptive, stiffness, usesZ bool
	}{
		{SOSRI, 4, 4, true, false, true},
		{SOSRI2, 4, 4, true, true, true},
		{SRIW1, 2, 4, true, false, true},
		{Milstein, 1, 2, false, false, false},
		{EulerMaruyama, 1, 1, false, false, false},
	} {
		m := want.method
		if drift, diffusion := m.Evaluations(); drift != want.drift || diffusion != want.diffusion {
			t.Errorf("%s evaluates drift and diffusion %d and %d times a step, expected %d and %d", m.Name, drift, diffusion, want.drift, want.diffusion)
		}
		if got := m.Adaptive(); got != want.adaptive {
			t.Errorf("%s adaptive: %v, expected %v", m.Name, got, want.adaptive)
		}
		if got := m.EstimatesStiffness(); got != want.stiffness {
			t.Errorf("%s estimates stiffness: %v, expected %v", m.Name, got, want.stiffness)
		}
		if got := m.UsesZ(); got != want.usesZ {
			t.Errorf("%s uses ΔZ: %v, expected %v", m.Name, got, want.usesZ)
		}
	}
}

// TestSourcesOfStages: the third drift stage of SRIW1 is its first, and nothing
// depends on its fourth.
func TestSourcesOfStages(t *testing.T) {
	for _, want := range []struct {
		method           *SRI
		drift, diffusion []int
	}{
		{SOSRI, []int{0, 1, 2, 3}, []int{0, 1, 2, 3}},
		{SRIW1, []int{0, 1, 0, -1}, []int{0, 1, 2, 3}},
		{Milstein, []int{0, -1}, []int{0, 1}},
		{EulerMaruyama, []int{0}, []int{0}},
	} {
		drift, diffusion := want.method.sources()
		if !slices.Equal(drift, want.drift) || !slices.Equal(diffusion, want.diffusion) {
			t.Errorf("%s: stages come from %v and %v, expected %v and %v", want.method.Name, drift, diffusion, want.drift, want.diffusion)
		}
	}
}

func TestSDEByName(t *testing.T) {
	want := []string{"eulerheun", "eulermaruyama", "generalshark", "lambaeulerheun", "milstein", "reversibleheun", "slowrk", "sosra", "sosra2",
		"sosri", "sosri2", "spark", "sra1", "sriw1", "stratonovichheun", "stratonovichmilstein"}
	if got := SDEMethods(); !slices.Equal(got, want) {
		t.Errorf("SDEMethods() = %v, expected %v", got, want)
	}
	for name, want := range map[string]Method{
		"spark": SPaRK, "SOSRA": SOSRA, "lambaEulerHeun": LambaEulerHeun,
		"sosri": SOSRI, "SOSRI2": SOSRI2, "SriW1": SRIW1, "milstein": Milstein, "EulerMaruyama": EulerMaruyama,
	} {
		if got, err := SDEByName(name); err != nil || got != want {
			t.Errorf("SDEByName(%q) = %v, %v, expected %v", name, got, err, want)
		}
	}
	for _, name := range []string{"", "sosri3", "tsit5"} {
		_, err := SDEByName(name)
		if err == nil || !strings.Contains(err.Error(), strings.Join(want, ", ")) {
			t.Errorf("SDEByName(%q): error %v, expected one with the known names", name, err)
		}
	}
}

func TestValidateRejectsSRI(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(m *SRI)
		want  string // part of the message
	}{
		{"no stages", func(m *SRI) { m.Alpha = nil }, "no stages"},
		{"order", func(m *SRI) { m.StrongOrder = 0 }, "strong order 0"},
		{"delta", func(m *SRI) { m.Delta = math.NaN() }, "delta NaN"},
		{"short C1", func(m *SRI) { m.C1 = m.C1[:3] }, "C1 has 3 entries"},
		{"short B0", func(m *SRI) { m.B0 = m.B0[:3] }, "B0 has 3 rows"},
		{"implicit row", func(m *SRI) { m.A1 = slices.Clone(m.A1); m.A1[1] = []float64{1, 2} }, "row 1 of A1 has 2 entries"},
		{"infinite time", func(m *SRI) { m.C1 = []float64{0, 0, math.Inf(1), 0} }, "C1 has an entry +Inf"},
		{"first time", func(m *SRI) { m.C0 = []float64{0.1, 0, 0, 0} }, "C0 begins with 0.1"},
		{"row sum", func(m *SRI) { m.C0 = []float64{0, 0.5, 1, 1} }, "row 1 of A0 sums"},
		{"infinite noise", func(m *SRI) { m.B1 = slices.Clone(m.B1); m.B1[1] = []float64{math.Inf(1)} }, "B1 has an entry +Inf"},
		{"short weights", func(m *SRI) { m.Beta3 = m.Beta3[:3] }, "Beta3 has 3 entries"},
		{"weights", func(m *SRI) { m.Beta4 = []float64{0, 0, 0, 1} }, "Beta4 sums to 1"},
		{"short error weights", func(m *SRI) { m.Err = m.Err[:2] }, "Err has 2 entries"},
		{"error weights", func(m *SRI) { m.Err = []float64{1, math.NaN(), 1, 1} }, "Err has an entry NaN"},
		{"no estimate", func(m *SRI) { m.Err = make([]float64, 4) }, "all weights of the error estimate are zero"},
		{"stiffness stage", func(m *SRI) { m.StiffStages = [2]int{4, 3} }, "stiffness stage 4"},
		{"stiffness stages apart", func(m *SRI) { m.StiffStages = [2]int{3, 1} }, "stiffness stages 3 and 1"},
	} {
		m := *SOSRI2
		tt.spoil(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, expected one with %q", tt.name, err, tt.want)
		}
	}
	unevaluated := *SRIW1
	unevaluated.StiffStages = [2]int{2, 0}
	if err := unevaluated.Validate(); err == nil || !strings.Contains(err.Error(), "stiffness stage 2") {
		t.Errorf("error %v, expected one about a stage that is not evaluated", err)
	}
}

func ExampleSDEByName() {
	m, err := SDEByName("sriw1")
	if err != nil {
		fmt.Println(err)
		return
	}
	table := m.(*SRI) // as that of other methods is an *SRA or *SRK
	drift, diffusion := table.Evaluations()
	fmt.Printf("%v: strong order %v, %d evaluations of the drift and %d of the diffusion a step\n", m, table.StrongOrder, drift, diffusion)
	// Output: SRIW1: strong order 1.5, 2 evaluations of the drift and 4 of the diffusion a step
}
