package main

import (
	"math/rand/v2"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

func TestLoadsWithoutTheTrainer(t *testing.T) {
	small.Loads(t, func(p *graph.Params, cfg trainer.Config, seed uint64) (func() (int, error), error) {
		f, err := networks.NewFlow(p, 2, []int{16, 16}, layers.Softplus, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			return nil, err
		}
		flow, err := layers.NewCNF(p, f, 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{
			Solver: &integrators.Settings{AbsTol: cfg.Tol, RelTol: cfg.Tol},
		})
		if err != nil {
			return nil, err
		}
		points, err := load(cfg, seed)
		if err != nil {
			return nil, err
		}
		x := value.New(p.Dtype(), cfg.Batch, 2)
		value.SetFloat64s(x, points.train[:2*cfg.Batch])
		return func() (int, error) {
			_, err := flow.LogDensity(x)
			return flow.Density.Last().NFE, err
		}, nil
	}, "-variants", "vanilla")
}
