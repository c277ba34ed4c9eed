package main

import (
	"math/rand/v2"
	"testing"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

func TestLoadsWithoutTheTrainer(t *testing.T) {
	small.Loads(t, func(p *graph.Params, cfg trainer.Config, seed uint64) (func() (int, error), error) {
		net, err := networks.NewMNISTODE(p, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			return nil, err
		}
		ode, err := net.Solve(p, integrators.Tsit5, &integrators.Settings{AbsTol: cfg.Tol, RelTol: cfg.Tol})
		if err != nil {
			return nil, err
		}
		train, _, err := mnist.Embedded()
		if err != nil {
			return nil, err
		}
		images := value.New(p.Dtype(), cfg.Batch, mnist.Pixels)
		if err := mnist.Fill(train, datasets.Indices(0, cfg.Batch), images.Data().([]float64), nil); err != nil {
			return nil, err
		}
		return func() (int, error) {
			sol, err := ode.Predict(images)
			if err != nil {
				return 0, err
			}
			return sol.NFE, nil
		}, nil
	}, "-variants", "vanilla,steer+ernode")
}
