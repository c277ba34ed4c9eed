package main

import (
	"math/rand/v2"
	"slices"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks/robertson"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// noise chooses that of the observations.
var noise = trainer.Option{
	Name:   "noise",
	Usage:  "`standard deviation` of the observations in units of the range",
	Values: []string{"0", "0.01", "0.05"},
}

var noises = map[string]float64{"0": 0, "0.01": 0.01, "0.05": 0.05}

// data are states (times, 3), row-major, in units of the ranges.
type data struct {
	times, seen     []float64 // observations
	testTimes, test []float64 // the true solution between them
}

// observe returns observations with noise of a standard deviation.
func observe(sigma float64, rng *rand.Rand) (d data, err error) {
	all := logSpaced(first, end, 2*observations-1)
	states, err := solution(all)
	if err != nil {
		return d, err
	}
	for i, t := range all {
		u := states[i*dim : (i+1)*dim]
		if i%2 == 1 {
			d.testTimes, d.test = append(d.testTimes, t), append(d.test, u...)
			continue
		}
		d.times, d.seen = append(d.times, t), append(d.seen, u...)
	}
	for i := range d.seen {
		d.seen[i] += sigma * rng.NormFloat64()
	}
	return d, nil
}

// solution returns the true states at times in ascending order.
func solution(times []float64) ([]float64, error) {
	equation := integrators.Equation{Drift: robertson.Kinetics, T1: times[len(times)-1]}
	o, err := integrators.NewSolver(equation, integrators.Rodas5P, &integrators.Settings{
		AbsTol: 1e-11, RelTol: 1e-11, MinStep: minStep, SaveAt: times,
	})
	if err != nil {
		return nil, err
	}
	sol, err := o.Predict(tensor.New(tensor.WithShape(1, dim), tensor.WithBacking(slices.Clone(start))))
	if err != nil {
		return nil, err
	}
	return value.Float64s(sol.Z), nil
}
