package integrators

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// netNoise returns the solver by the method of a neural SDE with two entries a row, with
// noise of a form, and its parameters.
func netNoise(t testing.TB, m Method, form NoiseForm, processes int, set *Settings) (*Solver, *graph.Params) {
	t.Helper()
	p := graph.NewParams(tensor.Float64)
	e := Equation{Drift: netDynamics(t, p, 2, 3), Params: p, T1: 1, Noise: &Noise{Seed: 21}, Form: form, Processes: processes, Calculus: m.traits().calculus}
	e.Diffusion = netMatrix(t, p, 2, e.diffusionColumns(2))
	if form == Additive {
		inner := e.Diffusion
		e.Diffusion = func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
			still, err := s.Data(value.New(z.Dtype(), z.Shape()...))
			if err != nil {
				return nil, err
			}
			return inner(s, still)
		}
	}
	s, err := NewSolver(e, m, set)
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

// TestNoiseGradients is TestSDEGradients with noise of other forms, for every method.
func TestNoiseGradients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	fixed, adaptive := Settings{FixedSteps: 3}, Settings{InitialStep: 0.2}
	saved := Settings{FixedSteps: 3, SaveAt: []float64{0, 0.1, 0.5, 1}}
	savedAdaptive := Settings{InitialStep: 0.2, SaveAt: []float64{0.01, 0.3, 0.9}, StopAt: []float64{0.4}}
	for _, tt := range []struct {
		m         Method
		form      NoiseForm
		processes int
		set       Settings
	}{
		{EulerMaruyama, General, 3, saved},
		{EulerMaruyama, Additive, 3, fixed},
		{SOSRI, Scalar, 0, savedAdaptive},
		{SRA1, Additive, 0, adaptive},
		{SOSRA, Additive, 3, savedAdaptive},
		{SOSRA2, Additive, 0, savedAdaptive},
		{StratonovichHeun, General, 3, savedAdaptive},
		{EulerHeun, Diagonal, 0, saved},
		{EulerHeun, Scalar, 0, fixed},
		{SPaRK, General, 3, savedAdaptive},
		{SPaRK, Diagonal, 0, adaptive},
		{GeneralShARK, General, 1, saved},
		{SlowRK, Commutative, 2, fixed},
		{LambaEulerHeun, General, 3, savedAdaptive},
		{LambaEulerHeun, Diagonal, 0, adaptive},
		{LambaEulerHeun, Additive, 1, adaptive},
		{StratonovichMilstein, Commutative, 3, saved},
		{StratonovichMilstein, Commutative, 0, fixed},
		{StratonovichMilstein, Scalar, 0, fixed},
		{ReversibleHeun, Diagonal, 0, fixed},
		{ReversibleHeun, General, 3, saved},
		{ReversibleHeun, General, 3, adaptive},
		{ReversibleHeun, Scalar, 0, savedAdaptive},
		{ReversibleHeun, Additive, 3, savedAdaptive},
	} {
		name := fmt.Sprintf("%s %v %d", tt.m.traits().name, tt.form, tt.processes)
		t.Run(name, func(t *testing.T) {
			checkSDEGradients(t, tt.m, tt.set, func(set *Settings) (*Solver, *graph.Params) {
				return netNoise(t, tt.m, tt.form, tt.processes, set)
			})
		})
	}
}
