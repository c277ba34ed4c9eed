package main

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/lorenz"
	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/value"
)

const (
	shown   = 24  // paths in a picture
	samples = 100 // samples of the posterior of one path
	// extent bounds pictures in the plane, in standard deviations of the data.
	extent = 3
)

// Draws of the noise in pictures, which are not those of evaluation.
const (
	posteriorDraw = -1_000_000 - iota
	priorDraw
	oneDraw
)

// What is drawn of a path: a coordinate, from 0, or the time.
const time = -1

var labels = map[int]string{time: "t", 0: "x₁", 1: "x₂", 2: "x₃"}

// fit draws samples of the posterior and of the prior over paths to test with, the former
// one sample of each path, and the posterior of one path over its observations.
func fit(tm trainer.Model, _ trainer.Variant) ([]figure.Panel, error) {
	m := tm.(*latentSDE)
	idx := datasets.Indices(0, min(shown, len(m.test)/m.size()))
	data := m.batch(m.test, idx)
	posterior, _, err := m.Forward(m.inputs(m.test, idx, posteriorDraw, 0, 1)...)
	if err != nil {
		return nil, err
	}
	prior, err := m.sample(len(idx), priorDraw)
	if err != nil {
		return nil, err
	}
	panel := func(name string, y gorgonia.Value, i, j int) figure.Panel {
		return figure.Panel{
			XLabel: labels[i], YLabel: labels[j],
			Series: append(m.lines(name, y, i, j), m.points(data, i, j)),
		}
	}
	panels := []figure.Panel{panel("posterior", posterior, 0, 2), panel("prior", prior, 0, 2), panel("prior", prior, time, 2)}
	for i := range 2 {
		panels[i].Window = figure.Square(extent)
	}
	panels[1].Title, panels[2].Title = "prior", "prior over time"
	one, err := m.one()
	return append(panels, one), err
}

// one draws the mean of samples of the posterior of the first path to test with, with
// two standard deviations to both sides, and what was observed.
func (m *latentSDE) one() (figure.Panel, error) {
	p := figure.Panel{Title: "posterior of a path, ± 2 s.d.", XLabel: labels[time], YLabel: "x"}
	y, _, err := m.Forward(m.inputs(m.test, slices.Repeat([]int{0}, samples), oneDraw, 0, 1)...)
	if err != nil {
		return p, err
	}
	all, data := value.Float64s(y), m.batch(m.test, []int{0})
	var observed []figure.Series
	for j := range lorenz.Dim {
		s := figure.Series{Name: labels[j], X: m.times}
		for t := range m.times {
			var x []float64
			for i := range samples {
				x = append(x, all[(t*samples+i)*lorenz.Dim+j])
			}
			mean, sd := stat.MeanStdDev(x, nil)
			s.Y, s.Low, s.High = append(s.Y, mean), append(s.Low, mean-2*sd), append(s.High, mean+2*sd)
		}
		p.Series = append(p.Series, s)
		observed = append(observed, m.points(data, time, j))
	}
	p.Series = append(p.Series, observed...)
	return p, nil
}

// sample draws paths (times·rows, 3) of the prior, without the noise of observations.
func (m *latentSDE) sample(rows, draw int) (gorgonia.Value, error) {
	m.net.Prior.SetSeed(m.NoiseSeed(draw))
	y, err := m.generator.Predict(context.Background(), m.normal(0, rows, draw))
	if err != nil {
		return nil, err
	}
	return y[0], nil
}

// lines returns each of the paths (times·rows, 3) as a line of coordinate j over i.
func (m *latentSDE) lines(name string, y gorgonia.Value, i, j int) []figure.Series {
	var lines []figure.Series
	for row := range m.rows(y) {
		lines = append(lines, figure.Series{Name: name, Thin: true, X: m.along(y, row, i), Y: m.along(y, row, j)})
	}
	return lines
}

// points returns coordinate j over i of all observations of paths (times·rows, 3).
func (m *latentSDE) points(y gorgonia.Value, i, j int) figure.Series {
	s := figure.Series{Name: "data", Points: true}
	for row := range m.rows(y) {
		s.X, s.Y = append(s.X, m.along(y, row, i)...), append(s.Y, m.along(y, row, j)...)
	}
	return s
}

// rows returns the number of paths (times·rows, 3).
func (m *latentSDE) rows(y gorgonia.Value) int { return y.Shape()[0] / len(m.times) }

// along returns a coordinate of one of the paths (times·rows, 3), or the times.
func (m *latentSDE) along(y gorgonia.Value, row, coordinate int) []float64 {
	if coordinate == time {
		return m.times
	}
	var x []float64
	for t, all, rows := 0, value.Float64s(y), m.rows(y); t < len(m.times); t++ {
		x = append(x, all[(t*rows+row)*lorenz.Dim+coordinate])
	}
	return x
}
