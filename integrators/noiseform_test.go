package integrators

import (
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
)

// wide is a diffusion of n columns, all of them the first entry.
func wide(n int) vectorField {
	return func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		c := make([]*gorgonia.Node, n)
		for i := range c {
			c[i] = e.column(z, 0)
		}
		return e.columns(c...)
	}
}

// TestNoiseFormErrors: what does not fit together is refused when the solver is made,
// and a diffusion of another shape or that is not additive when the first state is seen.
func TestNoiseFormErrors(t *testing.T) {
	for _, tt := range []struct {
		name      string
		m         Method
		form      NoiseForm
		processes int
		calculus  Calculus
		g         vectorField // none if the solver is refused
		says      []string
	}{
		{"SOSRI, general noise", SOSRI, General, 2, Ito, nil, []string{"SOSRI", "general noise, expected one of diagonal, additive, scalar or commutative"}},
		{"SOSRI, two processes", SOSRI, Commutative, 2, Ito, nil, []string{"2 Wiener processes a row", "one process an entry (0) or a row (1)"}},
		{"SOSRA, diagonal noise", SOSRA, Diagonal, 0, Ito, nil, []string{"SOSRA", "diagonal noise", "expected one of additive noise"}},
		{"SlowRK, general noise", SlowRK, General, 2, Stratonovich, nil, []string{"SlowRK", "general noise"}},
		{"StratonovichMilstein, diagonal noise", StratonovichMilstein, Diagonal, 0, Stratonovich, nil, []string{"entry i of the diffusion", "declare it commutative"}},
		{"SOSRI, Stratonovich", SOSRI, Diagonal, 0, Stratonovich, nil, []string{"SOSRI", "in the sense of Stratonovich, expected one in the sense of Itô", "Equation.In"}},
		{"Heun, Itô", StratonovichHeun, General, 2, Ito, nil, []string{"in the sense of Itô, expected one in the sense of Stratonovich"}},
		{"no processes", EulerMaruyama, General, 0, Ito, nil, []string{"general noise with 0"}},
		{"processes of diagonal noise", EulerMaruyama, Diagonal, 2, Ito, nil, []string{"diagonal noise with 2"}},
		{"processes of scalar noise", EulerMaruyama, Scalar, 2, Ito, nil, []string{"scalar noise with 2"}},
		{"a negative number", EulerMaruyama, Additive, -1, Ito, nil, []string{"-1 Wiener processes"}},
		{"an unknown form", EulerMaruyama, 9, 0, Ito, nil, []string{"NoiseForm(9)"}},
		{"an unknown sense", EulerMaruyama, Additive, 0, 7, nil, []string{"Calculus(7)"}},

		{"five columns", EulerMaruyama, General, 3, Ito, wide(5), []string{"diffusion maps (4, 2) of float64 to (4, 5)", "expected (4, 6)", "2 columns for each of 3 Wiener processes"}},
		{"columns of general noise that is diagonal", SOSRI, Diagonal, 0, Ito, wide(4), []string{"diffusion", "(4, 4)", "same shape"}},
		{"columns of scalar noise", SPaRK, Scalar, 0, Stratonovich, wide(3), []string{"diffusion", "(4, 3)", "same shape"}},
		{"nothing", SPaRK, General, 2, Stratonovich, func(*expr, *gorgonia.Node) *gorgonia.Node { return nil }, []string{"diffusion", "nothing"}},
		{"additive noise of the state", SOSRA, Additive, 0, Ito, scaled(0.1), []string{"diffusion of additive noise is computed from the state"}},
		{"additive noise of nothing but the state", EulerMaruyama, Additive, 2, Ito, func(e *expr, z *gorgonia.Node) *gorgonia.Node {
			return e.scale(0, wide(4)(e, z))
		}, []string{"additive", "computed from the state"}},
	} {
		q := noisyEquation{tt.form, tt.processes, scaled(1), scaled(1)}
		if tt.g != nil {
			q.g = tt.g
		}
		set := &Settings{}
		if !tt.m.Adaptive() {
			set.FixedSteps = 2
		}
		s, err := NewSolver(q.equation(tt.calculus, 0, 1, nil), tt.m, set)
		if refused := tt.g == nil; refused != (err != nil) {
			t.Errorf("%s: error %v", tt.name, err)
			continue
		}
		if err == nil {
			_, err = s.Predict(rows(4, 1, 2, 3, 4, 5, 6, 7, 8))
		}
		for _, words := range tt.says {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%s: error %v, expected it to say %q", tt.name, err, words)
			}
		}
	}
}

// noiseMethods are the methods with a form of noise that they take.
var noiseMethods = []struct {
	m Method
	q noisyEquation
}{
	{SOSRI, noisyEquation{Scalar, 0, goldenDrift, scaled(0.3)}},
	{EulerMaruyama, generalNoise}, {SRA1, additiveNoise}, {SOSRA, additiveMatrix}, {SOSRA2, additiveNoise},
	{StratonovichHeun, generalNoise}, {EulerHeun, generalNoise}, {SPaRK, generalNoise}, {GeneralShARK, generalNoise},
	{SlowRK, diagonalNoise}, {LambaEulerHeun, generalNoise}, {StratonovichMilstein, diagonalMatrix},
	{ReversibleHeun, generalNoise},
}

// settingsFor are settings in which the method runs.
func settingsFor(m Method) *Settings {
	if m.Adaptive() {
		return &Settings{AbsTol: 0.1, RelTol: 0.1, InitialStep: 0.1}
	}
	return &Settings{FixedSteps: 4}
}

// TestNoiseOfRows: the bits of a row do not depend on the other rows of a batch, of as
// many steps, and neither do rows share their processes.
func TestNoiseOfRows(t *testing.T) {
	for _, tt := range noiseMethods {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			solve := func(n int, keys ...uint64) []float64 {
				z0 := value.New(dt, n, 2)
				x := make([]float64, 2*n)
				for i := range x {
					x[i] = float64(1 + i%2)
				}
				value.SetFloat64s(z0, x)
				o := tt.q.solver(t, tt.m, 0, 1, &Noise{Seed: 4, Keys: keys}, &Settings{FixedSteps: 3, SaveAt: []float64{0.5, 1}})
				return value.Float64s(predictFrom(t, o, z0).Z)
			}
			all := solve(3, 5, 6, 7)
			if one := solve(1, 6); !slices.Equal(one, slices.Concat(all[2:4], all[8:10])) {
				t.Errorf("%s, %v: a row ends at %v alone, in a batch %v", tt.m.traits().name, dt, one, all)
			}
			if slices.Equal(all[6:8], all[8:10]) {
				t.Errorf("%s, %v: two rows end at %v", tt.m.traits().name, dt, all[6:8])
			}
		}
	}
}

// TestZeroNoise: with a diffusion of zero the solution is that of the drift, with a
// finite error estimate.
func TestZeroNoise(t *testing.T) {
	for _, tt := range noiseMethods {
		q := tt.q
		columns := 2 * max(1, q.processes)
		q.f = scaled(-1)
		q.g = func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.scale(0, wide(columns)(e, z)) }
		if q.form == Additive {
			q.g = func(e *expr, z *gorgonia.Node) *gorgonia.Node {
				c := make([]*gorgonia.Node, columns)
				for i := range c {
					c[i] = e.same(z, 0)
				}
				return e.columns(c...)
			}
		}
		sol := predictFrom(t, q.solver(t, tt.m, 0, 1, nil, settingsFor(tt.m)), row(1, 1))
		z := value.Float64s(sol.Z)
		if !(z[0] == z[1] && z[0] > 0.3 && z[0] < 0.45) {
			t.Errorf("%s: ends at %v, expected e^-1", tt.m.traits().name, z)
		}
	}
}

// TestNoiseEvaluations counts how often fields are evaluated: as often as a step says.
func TestNoiseEvaluations(t *testing.T) {
	for _, tt := range []struct {
		m                 Method
		q                 noisyEquation
		drifts, diffusion int // of a step
	}{
		{SRA1, additiveNoise, 2, 2}, {SOSRA, additiveNoise, 3, 3}, {SOSRA2, additiveMatrix, 3, 2},
		{EulerHeun, generalNoise, 1, 2}, {StratonovichHeun, generalNoise, 2, 2}, {SPaRK, generalNoise, 3, 3},
		{GeneralShARK, generalNoise, 2, 3}, {SlowRK, diagonalNoise, 2, 5},
		{LambaEulerHeun, generalNoise, 3, 4}, {LambaEulerHeun, diagonalNoise, 3, 3}, {LambaEulerHeun, additiveNoise, 3, 2},
		{StratonovichMilstein, diagonalMatrix, 1, 5}, {StratonovichMilstein, diagonalNoise, 1, 3}, {StratonovichMilstein, additiveMatrix, 1, 1},
	} {
		name := tt.m.traits().name + ", " + tt.q.form.String()
		stats := predictFrom(t, tt.q.solver(t, tt.m, 0, 1, nil, &Settings{FixedSteps: 5}), row(1, 0.5)).Stats
		if stats.NFE != 5*tt.drifts || stats.DiffusionNFE != 5*tt.diffusion {
			t.Errorf("%s: %d and %d evaluations of drift and diffusion in 5 steps, expected %d and %d a step", name, stats.NFE, stats.DiffusionNFE, tt.drifts, tt.diffusion)
		}
	}
}
