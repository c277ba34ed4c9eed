package main

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets/lorenz"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// series are paths (count, times, 3), row-major, to train and to test with, normalized
// by the mean and the standard deviation of the former and observed with noise.
type series struct {
	times       []float64
	train, test []float64
}

// draw returns the series of a configuration.
func draw(cfg trainer.Config, seed uint64) series {
	rng := rand.New(rand.NewPCG(seed, 1))
	n := int(cfg.Params[observations])
	s := series{times: lorenz.Times(n)}
	s.train = lorenz.Sample(int(cfg.Params[paths]), n, rng)
	s.test = lorenz.Sample(int(cfg.Params[testPaths]), n, rng)
	scale := lorenz.ScaleOf(s.train)
	for _, x := range [][]float64{s.train, s.test} {
		scale.Normalize(x)
		for i := range x {
			x[i] += cfg.Params[sigma] * rng.NormFloat64()
		}
	}
	if size := cfg.Limit * s.size(); 0 < size && size < len(s.train) {
		s.train = s.train[:size]
	}
	return s
}

// size returns the number of numbers of a path.
func (s series) size() int { return len(s.times) * lorenz.Dim }

// batch returns some paths of x as (times·len(idx), 3), all of the first time first.
func (m *latentSDE) batch(x []float64, idx []int) gorgonia.Value {
	rows := make([]float64, 0, len(idx)*m.size())
	for t := range m.times {
		for _, i := range idx {
			at := i*m.size() + t*lorenz.Dim
			rows = append(rows, x[at:at+lorenz.Dim]...)
		}
	}
	return m.Matrix(rows, len(m.times)*len(idx), lorenz.Dim)
}

// normal returns standard normal numbers (rows, latent) of one of the draws of noise, those
// from row first on.
func (m *latentSDE) normal(first, rows, draw int) gorgonia.Value {
	rng := rand.New(rand.NewPCG(m.NoiseSeed(draw), 1))
	return m.Matrix(model.Normals(rng, first, rows, latent), rows, latent)
}
