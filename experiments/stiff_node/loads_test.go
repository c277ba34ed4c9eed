package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks/robertson"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

func TestLoadsWithoutTheTrainer(t *testing.T) {
	for problem, declare := range map[string]func(p *graph.Params, seed uint64) (layers.Layer, error){
		"robertson-network": func(p *graph.Params, seed uint64) (layers.Layer, error) {
			return robertson.NewNetwork(p, rand.New(rand.NewPCG(seed, 0)))
		},
		"robertson-rates": func(p *graph.Params, seed uint64) (layers.Layer, error) {
			return robertson.NewLearntRates(p, robertson.Guess(seed))
		},
	} {
		small.Loads(t, func(p *graph.Params, cfg trainer.Config, seed uint64) (func() (int, error), error) {
			f, err := declare(p, seed)
			if err != nil {
				return nil, err
			}
			data, err := observe(0, rand.New(rand.NewPCG(seed, 0)))
			if err != nil {
				return nil, err
			}
			set := &integrators.Settings{AbsTol: cfg.Tol, RelTol: cfg.Tol, MinStep: 1e-12}
			for _, seconds := range data.testTimes {
				set.SaveAt = append(set.SaveAt, math.Log(seconds))
			}
			ode, err := layers.NewNeuralODE(p, robertson.LogTime(f), math.Log(1e-9), math.Log(1e5), integrators.Rodas5P, set)
			if err != nil {
				return nil, err
			}
			u := value.New(p.Dtype(), 1, robertson.Dim)
			value.SetFloat64s(u, robertson.Start())
			return func() (int, error) {
				sol, err := ode.Predict(u)
				if err != nil {
					return 0, err
				}
				return sol.NFE, nil
			}, nil
		}, "-problem", problem)
	}
}
