package main

import (
	"math/rand/v2"
	"testing"

	"github.com/regnde/regnde/datasets/spiral"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

func TestLoadsWithoutTheTrainer(t *testing.T) {
	small.Loads(t, func(p *graph.Params, cfg trainer.Config, seed uint64) (func() (int, error), error) {
		net, err := networks.NewSpiralODE(p, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			return nil, err
		}
		times, _ := spiral.Data()
		ode, err := net.Solve(p, integrators.Tsit5, &integrators.Settings{AbsTol: cfg.Tol, RelTol: cfg.Tol, SaveAt: times})
		if err != nil {
			return nil, err
		}
		u0 := spiral.Start()
		start := value.New(p.Dtype(), 1, 2)
		value.SetFloat64s(start, u0[:])
		return func() (int, error) {
			sol, err := ode.Predict(start)
			if err != nil {
				return 0, err
			}
			return sol.NFE, nil
		}, nil
	})
}
