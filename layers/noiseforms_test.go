package layers_test

import (
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// noiseForm is an equation of layers, of two states, with noise of a form.
func noiseForm(p *graph.Params, rng *rand.Rand, form integrators.NoiseForm, processes int) integrators.Equation {
	drift := layers.Chain{
		must(layers.NewTimeDense(p, "up", 2, 4, layers.Tanh, rng)), must(layers.NewDense(p, "down", 4, 2, layers.Identity, rng)),
	}
	var diffusion layers.Layer = must(layers.NewTimeDense(p, "diffusion", 2, 2*max(1, processes), layers.Tanh, rng))
	if form == integrators.Additive {
		diffusion = layers.OfTime{F: diffusion}
	}
	return integrators.Equation{Drift: drift.Forward, Diffusion: diffusion.Forward, Params: p, T1: 1, Form: form, Processes: processes}
}

// TestNeuralSDEForms compares gradients with central differences, for noise of every
// form, with regularizers in the loss.
func TestNeuralSDEForms(t *testing.T) {
	stiffness := sdeRegularizers
	for _, tt := range []struct {
		name         string
		form         integrators.NoiseForm
		processes    int
		calculus     integrators.Calculus
		method       integrators.Method
		regularizers []integrators.Regularizer
	}{
		{"additive", integrators.Additive, 0, integrators.Ito, integrators.SOSRA2, stiffness},
		{"additive, three processes", integrators.Additive, 3, integrators.Stratonovich, integrators.SOSRA, stiffness[:1]},
		{"scalar", integrators.Scalar, 0, integrators.Ito, integrators.SOSRI, stiffness[:1]},
		{"general", integrators.General, 3, integrators.Stratonovich, integrators.SPaRK, stiffness[:1]},
		{"general, Itô", integrators.General, 3, integrators.Ito, integrators.EulerMaruyama, nil},
		{"diagonal", integrators.Diagonal, 0, integrators.Stratonovich, integrators.LambaEulerHeun, stiffness[:1]},
	} {
		checkGradient(t, tt.name, func(p *graph.Params, rng *rand.Rand) layers.Layer {
			e := noiseForm(p, rng, tt.form, tt.processes)
			e.Calculus, e.Noise = tt.calculus, &integrators.Noise{Seed: 5}
			return must(layers.NewNeuralSDEOf(e, tt.method, &integrators.Settings{FixedSteps: 3, AbsTol: 1, RelTol: 1e-300, Regularizers: tt.regularizers}))
		}, func(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, error) {
			return penalizedSum(s, y, tt.regularizers)
		})
	}
}

// TestNeuralSDEFormErrors: the layer says what does not fit, when it is made or when the
// first batch is seen.
func TestNeuralSDEFormErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float64)
	dense := must(layers.NewDense(p, "dense", 2, 2, layers.Tanh, rng))
	equation := integrators.Equation{Drift: dense.Forward, Diffusion: dense.Forward, Params: p, T1: 1, Form: integrators.General, Processes: 3}
	_, err := layers.NewNeuralSDEOf(equation, integrators.SOSRI, nil)
	mentions(t, "SOSRI", err, "neural SDE", "SOSRI", "general noise")
	_, err = layers.NewNeuralSDEOf(equation, integrators.SPaRK, nil)
	mentions(t, "the other sense", err, "neural SDE", "in the sense of Itô, expected one in the sense of Stratonovich")

	fixed := &integrators.Settings{FixedSteps: 2}
	additive := equation
	additive.Form, additive.Processes = integrators.Additive, 0
	for _, tt := range []struct {
		name     string
		equation integrators.Equation
		says     []string
	}{
		{"columns", equation, []string{"EulerMaruyama", "diffusion", "(4, 2)", "expected (4, 6)"}},
		{"additive", additive, []string{"EulerMaruyama", "additive noise is computed from the state"}},
	} {
		node := must(layers.NewNeuralSDEOf(tt.equation, integrators.EulerMaruyama, fixed))
		obj := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := node.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			return gorgonia.Sum(y)
		}, nil))
		_, err := obj.Evaluate(value.New(tensor.Float64, 4, 2))
		mentions(t, tt.name, err, tt.says...)
	}
}
