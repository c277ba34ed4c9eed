package main

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
)

// build makes the network, and what trains and predicts.
func (m *latentSDE) build(rng *rand.Rand) error {
	method, err := model.SDEMethod(m.Config)
	if err != nil {
		return err
	}
	size := func(name string) int { return int(m.Config.Params[name]) }
	m.net, err = networks.NewLatentSDE(m.Params, m.times, method, m.SolverSettings(), &networks.LatentSDESettings{
		Hidden: size(hidden), Context: size(contextSize), Knots: size(knots), Sigma: m.Config.Params[sigma],
	}, rng)
	if err != nil {
		return err
	}
	m.Solver = m.net.Posterior.Solver
	m.generator, err = graph.NewPredictor(m.Params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := m.net.Sample(s, in[0])
		return gorgonia.Nodes{y}, err
	}, nil)
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
