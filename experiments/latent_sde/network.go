package main

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets/lorenz"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// build makes the network of the example of torchsde:
//
//	posterior  dz = f(z, c(t)) dt + g(z) ⊙ dW,  z(0) ~ q,  c and q of an encoder
//	prior      dz = h(z) dt       + g(z) ⊙ dW,  z(0) ~ N(μ, σ₀²)
//
// with f and h networks of two hidden layers, g a network of one hidden layer for every
// coordinate, between 0 and 1, and observations that are linear in z. The encoder is a
// GRU that reads the path from its end.
func (m *latentSDE) build(rng *rand.Rand) error {
	size := func(name string) int { return int(m.Config.Params[name]) }
	units, columns := size(hidden), size(context)
	var err error
	dense := func(name string, in, out int, act layers.Activation) layers.Layer {
		var l *layers.Dense
		if err == nil {
			l, err = layers.NewDense(m.Params, name, in, out, act, rng)
		}
		return l
	}
	drift := func(name string, in int) layers.Layer {
		return layers.Chain{
			dense(name+".1", in, units, layers.Softplus),
			dense(name+".2", units, units, layers.Softplus),
			dense(name+".3", units, latent, layers.Identity),
		}
	}
	at := knotsOf(len(m.times), size(knots))
	posterior := layers.InContext{F: drift("posterior", latent+columns)}
	for _, k := range at {
		posterior.Times = append(posterior.Times, m.times[k])
	}
	prior := drift("prior", latent)
	m.net.Encoder = layers.SeriesEncoder{
		Context: dense("context", units, columns, layers.Identity),
		Initial: dense("initial", columns, 2*latent, layers.Identity),
		Knots:   at,
	}
	m.net.Decoder = dense("decoder", latent, lorenz.Dim, layers.Identity)
	m.net.Sigma = m.Config.Params[sigma]
	if err != nil {
		return err
	}
	gru, err := layers.NewGRU(m.Params, "recurrence", lorenz.Dim, units, rng)
	if err != nil {
		return err
	}
	set := m.SolverSettings()
	set.SaveAt = m.times
	m.net.Encoder.Recurrence, err = layers.NewRecurrence(m.Params, gru, len(m.times), &layers.RecurrenceSettings{
		Backward: true, Mode: set.Mode, Memory: set.Memory,
	})
	if err != nil {
		return err
	}
	diffusion, err := layers.NewComponentwise(m.Params, "diffusion", latent, units, layers.Sigmoid, rng)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		name string
		at   **graph.Param
	}{{"prior.mean", &m.net.Mean}, {"prior.log variance", &m.net.LogVariance}} {
		if *p.at, err = m.Params.Add(p.name, nil, latent); err != nil {
			return err
		}
	}
	return m.solve(posterior, prior, diffusion, set)
}

// solve makes the equations of the network, and what trains and predicts.
func (m *latentSDE) solve(posterior, prior, diffusion layers.Layer, set *integrators.Settings) error {
	method, err := model.SDEMethod(m.Config)
	if err != nil {
		return err
	}
	noise := func() *integrators.Noise { return &integrators.Noise{Grid: -1} } // the least work
	m.net.Posterior, err = layers.NewPosteriorSDE(m.Params, posterior, prior, diffusion, latent, 0, lorenz.End, noise(), method, set)
	if err != nil {
		return err
	}
	m.Solver = m.net.Posterior.Solver
	m.net.Prior, err = layers.NewNeuralSDE(m.Params, prior, diffusion, 0, lorenz.End, noise(), method,
		&integrators.Settings{AbsTol: set.AbsTol, RelTol: set.RelTol, SaveAt: m.times})
	if err != nil {
		return err
	}
	m.generator, err = graph.NewPredictor(m.Params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := m.net.Sample(s, in[0])
		return gorgonia.Nodes{y}, err
	})
	if err != nil {
		return err
	}
	return m.Compile(m.bound, m.bound)
}

// bound adds the reconstruction of paths (times·batch, 3) and their negative evidence
// lower bound with a weight of the divergence.
func (m *latentSDE) bound(s *graph.Scope, in gorgonia.Nodes) (y, loss *gorgonia.Node, err error) {
	if loss, err = m.net.Loss(s, in[0], in[1], in[2]); err != nil {
		return nil, nil, err
	}
	return s.Recorded(layers.ReconstructionRecord)[0], loss, nil
}
