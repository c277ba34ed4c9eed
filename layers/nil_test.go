package layers_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// TestNil calls every exported function with nil where there should be something.
// The error names what is missing.
func TestNil(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float64)
	dense := must(layers.NewDense(p, "dense", 2, 2, layers.Tanh, rng))
	timed := must(layers.NewTimeDense(p, "timed", 2, 2, layers.Tanh, rng))
	conv := must(layers.NewConv(p, "conv", layers.Image{Channels: 1, Height: 1, Width: 2}, 1, rng, nil))
	norm := must(layers.NewLayerNorm(p, "norm", 2))
	gru := must(layers.NewGRU(p, "gru", 3, 2, rng))
	latent := must(layers.NewLatentGRU(p, "latent", 1, 1, 2, rng))
	recurrence := must(layers.NewRecurrence(p, gru, 1, nil))
	node := must(layers.NewNeuralODE(p, dense, 0, 1, integrators.Tsit5, nil))
	squash := must(layers.NewConcatSquash(p, "squash", 2, 2, layers.Tanh, rng))
	flow := must(layers.NewCNF(p, dense, 2, 0, 1, integrators.Tsit5, nil))
	divergence := must(layers.NewDivergence(layers.Rademacher, 1))
	noise := &integrators.Noise{}
	sde := must(layers.NewNeuralSDE(p, dense, dense, 0, 1, noise, integrators.SOSRI, nil))
	saving := &integrators.Settings{SaveAt: []float64{0, 1}}
	latentODE := must(layers.NewLatentODE(p, 2, integrators.Tsit5, 0, 1, saving, nil, rng))
	series := must(dense.Series())
	integrand := must(layers.TaylorIntegrand(dense, 2))
	empty := layers.LayerFunc(func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { return nil, nil })

	g := gorgonia.NewGraph()
	s := graph.NewScope(g, p)
	x := must(s.Data(value.New(tensor.Float64, 2, 2)))
	scalar := must(s.Data(value.New(tensor.Float64)))
	x3 := must(s.Data(value.New(tensor.Float64, 2, 3)))
	observed := must(s.Data(value.New(tensor.Float64, 2, 5)))
	eps := must(s.Data(value.New(tensor.Float64, 1, 20)))
	value := value.New(tensor.Float64, 2, 2)

	type testCase struct {
		name, mentions string
		call           func() error
	}
	var all []testCase
	add := func(name, mentions string, call func() error) { all = append(all, testCase{name, mentions, call}) }
	for _, l := range []layers.Layer{
		layers.Tanh, layers.Power(2), layers.Cube{}, layers.Sin{}, layers.Augment(1), conv, dense, timed, squash, norm, recurrence, node, sde, flow,
		layers.Residual{F: dense}, layers.Product{U: dense, V: dense}, layers.Quotient{U: dense, V: dense},
		layers.Chain{}, layers.Chain{dense}, layers.Chain{layers.Chain{layers.Cube{}}, dense},
	} {
		add(fmt.Sprintf("%T without x", l), "nil", func() error { return second(l.Forward(s.At(scalar), nil)) })
	}
	for _, l := range []layers.Layer{dense, timed, squash, conv, norm, recurrence, node, sde, flow, layers.Residual{F: dense}, layers.OfTime{F: dense}} {
		add(fmt.Sprintf("%T without a scope", l), "scope is nil", func() error { return second(l.Forward(nil, x)) })
	}
	for _, c := range []layers.Cell{gru, latent} {
		add(fmt.Sprintf("%T without a scope", c), "scope is nil", func() error { return second(c.Step(nil, x, x)) })
		add(fmt.Sprintf("%T without a state", c), "nil", func() error { return second(c.Step(s, nil, x3)) })
		add(fmt.Sprintf("%T without an input", c), "nil", func() error { return second(c.Step(s, x, nil)) })
	}
	loss := func(x, eps, data, mask, lambda *gorgonia.Node) func() error {
		return func() error { return second(latentODE.Loss(s, x, eps, data, mask, lambda)) }
	}
	for _, c := range []testCase{
		{"function", "function is nil", func() error { return second(layers.LayerFunc(nil).Forward(s, x)) }},
		{"layer that returns nothing", "layer 1 of the chain returned nil", func() error { return second(layers.Chain{empty, dense}.Forward(s, x)) }},
		{"layer of a chain", "layer 2 of the chain is nil", func() error { return second(layers.Chain{dense, nil}.Forward(s, x)) }},
		{"residual block", "without a layer", func() error { return second(layers.Residual{}.Forward(s, x)) }},
		{"layer of the time", "without a layer", func() error { return second(layers.OfTime{}.Forward(s, x)) }},
		{"drift of an equation", "drift", func() error {
			return second(layers.NewNeuralSDEOf(integrators.Equation{Diffusion: dense.Forward, T1: 1}, integrators.SOSRI, nil))
		}},
		{"factor", "nil", func() error { return second(layers.Product{U: dense}.Forward(s, x)) }},
		{"divisor", "nil", func() error { return second(layers.Quotient{U: dense}.Forward(s, x)) }},
		{"logits", "logits: nil", func() error { return second(layers.Correct(nil, []uint8{1})) }},

		{"params of dense", "parameters", func() error { return second(layers.NewDense(nil, "d", 1, 1, layers.Tanh, rng)) }},
		{"rng of dense", "random generator", func() error { return second(layers.NewTimeDense(p, "d", 1, 1, layers.Tanh, nil)) }},
		{"params of a norm", "parameters", func() error { return second(layers.NewGroupNorm(nil, "n", 2, 1)) }},
		{"params of a layer norm", "parameters", func() error { return second(layers.NewLayerNorm(nil, "n", 2)) }},
		{"params of a GRU", "parameters", func() error { return second(layers.NewGRU(nil, "g", 1, 1, rng)) }},
		{"rng of a GRU", "random generator", func() error { return second(layers.NewGRU(p, "g", 1, 1, nil)) }},
		{"params of a latent GRU", "parameters", func() error { return second(layers.NewLatentGRU(nil, "g", 1, 1, 1, rng)) }},
		{"rng of a latent GRU", "random generator", func() error { return second(layers.NewLatentGRU(p, "g", 1, 1, 1, nil)) }},
		{"cell", "cell", func() error { return second(layers.NewRecurrence(p, nil, 1, nil)) }},
		{"dynamics", "dynamics", func() error { return second(layers.NewNeuralODE(p, nil, 0, 1, integrators.Tsit5, nil)) }},
		{"method", "method", func() error { return second(layers.NewNeuralODE(p, dense, 0, 1, nil, nil)) }},
		{"drift", "drift", func() error { return second(layers.NewNeuralSDE(p, nil, dense, 0, 1, noise, integrators.SOSRI, nil)) }},
		{"diffusion", "diffusion", func() error { return second(layers.NewNeuralSDE(p, dense, nil, 0, 1, noise, integrators.SOSRI, nil)) }},
		{"SDE method", "method", func() error { return second(layers.NewNeuralSDE(p, dense, dense, 0, 1, noise, nil, nil)) }},
		{"params of a latent ODE", "parameters", func() error {
			return second(layers.NewLatentODE(nil, 1, integrators.Tsit5, 0, 1, saving, nil, rng))
		}},
		{"rng of a latent ODE", "random generator", func() error {
			return second(layers.NewLatentODE(graph.NewParams(tensor.Float64), 1, integrators.Tsit5, 0, 1, saving, nil, nil))
		}},
		{"method of a latent ODE", "method", func() error {
			return second(layers.NewLatentODE(graph.NewParams(tensor.Float64), 1, nil, 0, 1, saving, nil, rng))
		}},
		{"save times of a latent ODE", "save times", func() error {
			return second(layers.NewLatentODE(p, 1, integrators.Tsit5, 0, 1, nil, nil, rng))
		}},

		{"series of nothing", "layer is nil", func() error { return second(layers.Expand(nil)) }},
		{"series of a chain", "layer 1 of the chain: layer is nil", func() error { return second(layers.Expand(layers.Chain{nil})) }},
		{"series of a function", "LayerFunc", func() error { return second(layers.Expand(layers.LayerFunc(nil))) }},
		{"series of a residual block", "residual block: layer is nil", func() error { return second(layers.Expand(layers.Residual{})) }},
		{"series without a scope", "scope is nil", func() error { return second(series(nil, x)) }},
		{"integrand of nothing", "layer is nil", func() error { return second(layers.TaylorIntegrand(nil, 1)) }},
		{"integrand without a scope", "scope is nil", func() error { _, _, err := integrand(nil, x); return err }},
		{"integrand without a state", "z is nil", func() error { _, _, err := integrand(s, nil); return err }},
		{"derivatives without a scope", "scope is nil", func() error { return second(layers.Derivatives(nil, layers.Tanh, x, 1)) }},
		{"derivatives of nothing", "layer is nil", func() error { return second(layers.Derivatives(s, nil, x, 1)) }},
		{"derivatives without a state", "z is nil", func() error { return second(layers.Derivatives(s, dense, nil, 1)) }},

		{"params of a concat-squash layer", "parameters", func() error { return second(layers.NewConcatSquash(nil, "s", 1, 1, layers.Tanh, rng)) }},
		{"rng of a concat-squash layer", "random generator", func() error { return second(layers.NewConcatSquash(p, "s", 1, 1, layers.Tanh, nil)) }},
		{"dynamics of a flow", "without dynamics", func() error { return second(layers.NewCNF(p, nil, 2, 0, 1, integrators.Tsit5, nil)) }},
		{"method of a flow", "method", func() error { return second(layers.NewCNF(p, dense, 2, 0, 1, nil, nil)) }},
		{"parts of a flow", "nil", func() error { _, _, err := flow.Split(nil); return err }},
		{"data of a flow", "nil", func() error { return second(flow.LogDensity(nil)) }},
		{"latents of a flow", "nil", func() error { return second(flow.Sample(nil)) }},
		{"penalty of a flow", "penalty 0 of the flow is nil", func() error {
			return second(layers.NewCNF(p, dense, 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{Penalties: []layers.FlowPenalty{nil}}))
		}},
		{"products of a penalty", "without products", func() error { return second(layers.JacobianPenalty(s, layers.FlowPoint{Z: x, F: x})) }},
		{"field of a penalty", "nil", func() error { return second(layers.KineticPenalty(s, layers.FlowPoint{})) }},
		{"Taylor penalty of nothing", "layer is nil", func() error { return second(layers.TaylorPenalty(nil, 2)) }},
		{"divergence without a scope", "scope is nil", func() error { _, _, err := divergence.Of(nil, x, x); return err }},
		{"divergence of nothing", "divergence of nil", func() error { _, _, err := divergence.Of(s, nil, x); return err }},
		{"divergence by nothing", "z is nil", func() error { _, _, err := divergence.Of(s, x, nil); return err }},

		{"encoder", "encoder", func() error { return second(layers.LatentODE{}.Loss(s, x, x, x, x, scalar)) }},
		{"parts to reconstruct with", "encoder", func() error { _, _, err := layers.LatentODE{}.Reconstruct(s, x, x); return err }},
		{"scope of a latent ODE", "scope is nil", func() error { return second(latentODE.Loss(nil, x, x, x, x, scalar)) }},
		{"inputs of a latent ODE", "nil", loss(nil, eps, x, x, scalar)},
		{"noise of a latent ODE", "nil", loss(observed, nil, x, x, scalar)},
		{"weight of a latent ODE", "nil", loss(observed, eps, x, x, nil)},
		{"recognition input", "nil", func() error { return layers.RecognitionInput(nil, value, value, []float64{1}) }},
		{"recognition data", "nil", func() error { return layers.RecognitionInput(value, nil, value, []float64{1}) }},
		{"recognition mask", "nil", func() error { return layers.RecognitionInput(value, value, nil, []float64{1}) }},
	} {
		add(c.name, c.mentions, c.call)
	}
	for _, c := range all {
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s: panic: %v", c.name, r)
				}
			}()
			if err := c.call(); err == nil || !strings.Contains(err.Error(), c.mentions) {
				t.Errorf("%s: error %v, expected one that mentions %q", c.name, err, c.mentions)
			}
		}()
	}
}

func TestGlorotUniformWithoutGenerator(t *testing.T) {
	defer func() {
		if r := recover(); !strings.Contains(fmt.Sprint(r), "random generator") {
			t.Errorf("panic %v, expected one that names the generator", r)
		}
	}()
	layers.GlorotUniform(nil, 1, 1)
}
