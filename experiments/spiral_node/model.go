package main

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets/spiral"
	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// perEpoch is the number of iterations between two evaluations: there is one
// trajectory to fit, so an epoch is what we say it is.
const perEpoch = 10

// curve is one variant in training, see networks.SpiralODE, from (2, 0), compared with
// the data at 30 times in [0, 1.5].
type curve struct {
	model.Model
	net           *networks.SpiralODE
	node          *layers.NeuralODE
	data          []float64
	start, target gorgonia.Value
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	m := &curve{Model: model.New(cfg, v, seed, model.Aggregations{Errors: integrators.Sum, Stiffness: integrators.Sum})}
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
		return nil, err
	}
	var err error
	m.Optimizer, err = optim.New(optim.Adam{}, &optim.Settings{LearnRate: cfg.LearnRate})
	return m, err
}

func (m *curve) build(rng *rand.Rand) error {
	var err error
	if m.net, err = networks.NewSpiralODE(m.Params, rng); err != nil {
		return err
	}
	var times []float64
	times, m.data = spiral.Data()
	if m.node, err = m.neuralODE(times); err != nil {
		return err
	}
	m.Solver = m.node.Solver
	u0 := spiral.Start()
	m.start, m.target = m.Matrix(u0[:], 1, 2), m.Matrix(m.data, len(times), 2)
	return m.Compile(m.output, m.output)
}

// neuralODE returns the solution of the dynamics at the given times.
func (m *curve) neuralODE(times []float64) (*layers.NeuralODE, error) {
	method, err := model.Method(m.Config)
	if err != nil {
		return nil, err
	}
	set := m.SolverSettings()
	set.SaveAt = times
	return m.net.Solve(m.Params, method, set)
}

// output adds the states at the times of the data, and the sum of their squared
// errors.
func (m *curve) output(s *graph.Scope, in gorgonia.Nodes) (states, loss *gorgonia.Node, err error) {
	if states, err = m.node.Forward(s, in[0]); err != nil {
		return nil, nil, err
	}
	loss, err = losses.SumSquaredError(states, in[1])
	return states, loss, err
}

// Examples returns the number of iterations of an epoch.
func (m *curve) Examples() int { return perEpoch }

// Iterate does one iteration on the trajectory.
func (m *curve) Iterate(it trainer.Iteration) (trainer.Result, error) {
	return m.Step(it, m.start, m.target)
}

// Evaluate compares with the data, which is all there is to test on.
func (m *curve) Evaluate(int) (trainer.Metrics, error) {
	var r trainer.Metrics
	var err error
	if r.Prediction, err = m.Predict(); err != nil {
		return r, err
	}
	_, r.TestLoss, err = m.Forward(m.start, m.target)
	return r, err
}

// Predict solves once.
func (m *curve) Predict() (trainer.Prediction, error) { return m.Timed(m.start, m.target) }

// fit draws the data and the trajectory in the plane.
func fit(tm trainer.Model, v trainer.Variant) ([]figure.Panel, error) {
	m := tm.(*curve)
	smooth, err := m.trajectory()
	if err != nil {
		return nil, err
	}
	return []figure.Panel{{XLabel: "u₁", YLabel: "u₂", Series: []figure.Series{
		planar(string(v), smooth, false), planar("data", m.data, true),
	}}}, nil
}

// planar returns the series of points in the plane.
func planar(name string, u []float64, points bool) figure.Series {
	s := figure.Series{Name: name, Points: points}
	for i := 0; i < len(u); i += 2 {
		s.X, s.Y = append(s.X, u[i]), append(s.Y, u[i+1])
	}
	return s
}

// trajectory returns the solution at times close enough to draw a curve.
func (m *curve) trajectory() ([]float64, error) {
	const n = 400
	times := make([]float64, n+1)
	for i := range times {
		times[i] = spiral.End * float64(i) / n
	}
	node, err := m.neuralODE(times)
	if err != nil {
		return nil, err
	}
	sol, err := node.Predict(m.start)
	if err != nil {
		return nil, err
	}
	return value.Float64s(sol.Z), nil
}
