package main

import (
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

func TestLoadsWithoutTheTrainer(t *testing.T) {
	small.Loads(t, func(p *graph.Params, cfg trainer.Config, seed uint64) (func() (int, error), error) {
		net, err := networks.NewMNISTSDE(p, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			return nil, err
		}
		method, err := integrators.SDEByName(cfg.Method)
		if err != nil {
			return nil, err
		}
		sde, err := net.Solve(p, method, &integrators.Settings{AbsTol: cfg.Tol, RelTol: cfg.Tol})
		if err != nil {
			return nil, err
		}
		all := layers.Chain{net.Encoder, networks.Ensemble{SDE: sde, Trajectories: trajectories}, net.Head}
		classifier, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			logits, err := all.Forward(s, in[0])
			return gorgonia.Nodes{logits}, err
		}, nil)
		if err != nil {
			return nil, err
		}
		train, _, err := mnist.Embedded()
		if err != nil {
			return nil, err
		}
		images := value.New(p.Dtype(), cfg.Batch, mnist.Pixels)
		if err := mnist.Fill(train, datasets.Indices(0, cfg.Batch), images.Data().([]float32), nil); err != nil {
			return nil, err
		}
		return func() (int, error) {
			sde.SetSeed(model.NoiseSeed(seed, -1))
			var report graph.Report
			_, err := classifier.With(graph.CallSettings{Report: &report}).Predict(t.Context(), images)
			return report.Evaluations, err
		}, nil
	}, "-variants", "vanilla", "-dtype", "float32")
}
