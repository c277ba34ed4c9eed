package main

import (
	"math/rand/v2"
	"testing"

	"github.com/regnde/regnde/datasets/spiralsde"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

func TestLoadsWithoutTheTrainer(t *testing.T) {
	small.Loads(t, func(p *graph.Params, cfg trainer.Config, seed uint64) (func() (int, error), error) {
		net, err := networks.NewSpiralSDE(p, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			return nil, err
		}
		method, err := integrators.SDEByName(cfg.Method)
		if err != nil {
			return nil, err
		}
		sde, err := net.Solve(p, method, &integrators.Settings{AbsTol: cfg.Tol, RelTol: cfg.Tol, SaveAt: spiralsde.Times()})
		if err != nil {
			return nil, err
		}
		u0 := spiralsde.Start()
		starts := value.New(p.Dtype(), cfg.Batch, 2)
		u := make([]float64, 0, starts.Size())
		for range cfg.Batch {
			u = append(u, u0[:]...)
		}
		value.SetFloat64s(starts, u)
		return func() (int, error) {
			sde.SetSeed(model.NoiseSeed(seed, -1))
			sol, err := sde.Predict(starts)
			if err != nil {
				return 0, err
			}
			return sol.NFE, nil
		}, nil
	}, "-variants", "vanilla,srnsde")
}
