package main

import (
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/value"
)

const (
	shown = 1000 // number of points, and of samples, in a picture
	cells = 120  // number of cells on the side of a map of the density
	// lines is the number of points on the side of the latent grid whose way is drawn,
	// reach the coordinate of its outermost ones.
	lines, reach = 15, 2.4
	moments      = 40 // number of intervals between the times at which a way is drawn
)

// fit draws points to test with and samples of the model and, in the plane, its
// density and its flow.
func fit(tm trainer.Model, _ trainer.Variant) ([]figure.Panel, error) {
	m := tm.(*flow)
	sampled, err := m.sample()
	if err != nil {
		return nil, err
	}
	points := m.matrix(m.test[:min(shown*m.dim, len(m.test))])
	data, samples := m.panel("data", scatter(points, m.dim)), m.panel("samples", scatter(sampled, m.dim))
	if m.dim != 2 {
		return []figure.Panel{data, samples}, nil
	}
	learnt, err := m.density()
	if err != nil {
		return nil, err
	}
	ways, err := m.ways()
	return []figure.Panel{data, learnt, samples, m.panel("from a latent grid", ways...)}, err
}

// panel returns one of the first two coordinates.
func (m *flow) panel(title string, series ...figure.Series) figure.Panel {
	p := figure.Panel{Title: title, XLabel: "x₁", YLabel: "x₂", Series: series}
	if m.dim == 2 {
		p.Window = figure.Square(m.set.Extent)
	}
	return p
}

// scatter returns points (rows, dim).
func scatter(x gorgonia.Value, dim int) figure.Series {
	return figure.Series{X: column(x, dim, 0), Y: column(x, dim, 1), Points: true}
}

// density maps the density that the model has learnt. Its title is that of the
// variant.
func (m *flow) density() (figure.Panel, error) {
	p := m.panel("")
	x, y := p.Window.Cells(cells, cells)
	var grid []float64
	for i := range x {
		grid = append(grid, x[i], y[i])
	}
	logs, err := m.cnf.LogDensity(m.matrix(grid))
	for i, l := range logs {
		logs[i] = math.Exp(l)
	}
	p.Heat = &figure.Heat{Columns: cells, Values: logs, Label: "density"}
	return p, err
}

// sample draws from the model.
func (m *flow) sample() (gorgonia.Value, error) {
	rng := rand.New(rand.NewPCG(m.Seed, 2))
	z := make([]float64, shown*m.dim)
	for i := range z {
		z[i] = rng.NormFloat64()
	}
	return m.cnf.Sample(m.matrix(z))
}

// ways returns the lines on which the points of a grid in latent space come to those of
// the data, and both ends.
func (m *flow) ways() ([]figure.Series, error) {
	var grid []float64
	for i := range lines {
		for j := range lines {
			grid = append(grid, (2*float64(i)/(lines-1)-1)*reach, (2*float64(j)/(lines-1)-1)*reach)
		}
	}
	x, err := m.cnf.Sample(m.matrix(grid))
	if err != nil {
		return nil, err
	}
	times := make([]float64, moments+1)
	for i := range times {
		times[i] = float64(i) / moments
	}
	states, err := m.cnf.Trajectory(x, times)
	if err != nil {
		return nil, err
	}
	var ways []figure.Series
	all, n := value.Float64s(states), len(grid)/2
	for k := range n {
		s := figure.Series{Thin: true}
		for i := range times {
			at := 2 * (i*n + k)
			s.X, s.Y = append(s.X, all[at]), append(s.Y, all[at+1])
		}
		ways = append(ways, s)
	}
	latent := scatter(m.matrix(grid), 2)
	latent.Points, latent.Marks, latent.Like = false, figure.Dots, "latent"
	return append(ways, latent, scatter(x, 2)), nil
}
