package main

import (
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/lorenz"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
)

func TestLoadsWithoutTheTrainer(t *testing.T) {
	small.Loads(t, func(p *graph.Params, cfg trainer.Config, seed uint64) (func() (int, error), error) {
		method, err := integrators.SDEByName(cfg.Method)
		if err != nil {
			return nil, err
		}
		net, err := networks.NewLatentSDE(p, lorenz.Times(int(cfg.Params[observations])), method,
			&integrators.Settings{AbsTol: cfg.Tol, RelTol: cfg.Tol},
			&networks.LatentSDESettings{Hidden: 8, Context: 5, Knots: 4, Sigma: 0.1}, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			return nil, err
		}
		predictor, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			loss, err := net.Loss(s, in[0], in[1], in[2])
			return gorgonia.Nodes{loss}, err
		}, nil)
		if err != nil {
			return nil, err
		}
		m, err := newModel(cfg, "vanilla", seed) // for its data and their noise alone
		if err != nil {
			return nil, err
		}
		data := m.(*latentSDE)
		in := data.inputs(data.train, datasets.Indices(0, cfg.Batch), -1, 0, 1)
		return func() (int, error) {
			net.Posterior.SetSeed(data.NoiseSeed(-1))
			var report graph.Report
			_, err := predictor.With(graph.CallSettings{Report: &report}).Predict(t.Context(), in...)
			return report.Evaluations, err
		}, nil
	}, "-variants", "vanilla")
}
