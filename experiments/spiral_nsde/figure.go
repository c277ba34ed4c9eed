package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/regnde/regnde/datasets/spiralsde"
	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/value"
)

// fit draws the means of both components over time, with ribbons of one standard
// deviation, of the model and of the data.
func fit(tm trainer.Model, v trainer.Variant) ([]figure.Panel, error) {
	m := tm.(*process)
	mean, variance, err := m.moments()
	if err != nil {
		return nil, err
	}
	p := figure.Panel{XLabel: "t", YLabel: "mean ± standard deviation"}
	for j, name := range []string{"u₁", "u₂"} {
		p.Series = append(p.Series, ribbon(fmt.Sprintf("%s, model", name), mean, variance, j))
	}
	for j := range 2 {
		s := ribbon("data", m.data.Mean, m.data.Variance, j)
		s.Points = true
		p.Series = append(p.Series, s)
	}
	return []figure.Panel{p}, nil
}

// ribbon returns component j of moments (times, 2).
func ribbon(name string, mean, variance []float64, j int) figure.Series {
	s := figure.Series{Name: name, X: spiralsde.Times()}
	for i := j; i < len(mean); i += 2 {
		sd := math.Sqrt(variance[i])
		s.Y = append(s.Y, mean[i])
		s.Low, s.High = append(s.Low, mean[i]-sd), append(s.High, mean[i]+sd)
	}
	return s
}

// moments returns the means and variances (times, 2) of the trajectories of all
// draws.
func (m *process) moments() (mean, variance []float64, err error) {
	samples := make([][]float64, 2*spiralsde.Points)
	for d := range draws {
		states, _, err := m.forward(d + 1)
		if err != nil {
			return nil, nil, err
		}
		for i, x := range value.Float64s(states) {
			k := i/(2*m.Config.Batch)*2 + i%2
			samples[k] = append(samples[k], x)
		}
	}
	for _, s := range samples {
		mu, v := stat.MeanVariance(s, nil)
		mean, variance = append(mean, mu), append(variance, v)
	}
	return mean, variance, nil
}
