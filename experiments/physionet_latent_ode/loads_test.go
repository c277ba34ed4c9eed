package main

import (
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/physionet"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

func TestLoadsWithoutTheTrainer(t *testing.T) {
	small.Loads(t, func(p *graph.Params, cfg trainer.Config, seed uint64) (func() (int, error), error) {
		net, err := layers.NewLatentODE(p, physionet.Channels, integrators.Tsit5, 0, 1,
			&integrators.Settings{AbsTol: cfg.Tol, RelTol: cfg.Tol, SaveAt: physionet.Grid()}, nil, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			return nil, err
		}
		predictor, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, _, err := net.Reconstruct(s, in[0], in[1])
			return gorgonia.Nodes{y}, err
		}, nil)
		if err != nil {
			return nil, err
		}
		m, err := newModel(cfg, "vanilla", seed) // for its data and their noise alone
		if err != nil {
			return nil, err
		}
		data := m.(*latentODE)
		in, err := data.patients(data.train, datasets.Indices(0, cfg.Batch), physionet.Grid(), -1, 0)
		if err != nil {
			return nil, err
		}
		return func() (int, error) {
			var report graph.Report
			_, err := predictor.With(graph.CallSettings{Report: &report}).Predict(t.Context(), in[0], in[1])
			return report.Evaluations, err
		}, nil
	}, "-variants", "vanilla")
}
