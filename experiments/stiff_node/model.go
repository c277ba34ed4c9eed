package main

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks/robertson"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// perEpoch is the number of iterations between two evaluations: there is one
// trajectory to fit, so an epoch is what we say it is.
const perEpoch = 10

// reaction is one variant in training: dynamics from (1, 0, 0), compared with the
// observations.
type reaction struct {
	model.Model
	data
	clock    clock
	rates    *robertson.LearntRates // nil if the dynamics are a network
	dynamics layers.Layer           // right-hand side by the clock
	// node solves at the times of the observations, between at those of the test.
	node, between *layers.NeuralODE
	start         gorgonia.Value
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	m := &reaction{Model: model.New(cfg, v, seed, model.Aggregations{Errors: integrators.Mean, Stiffness: integrators.Mean})}
	rng := rand.New(rand.NewPCG(seed, 0))
	var err error
	if m.data, err = observe(noises[cfg.Options[noise.Name]], rng); err != nil {
		return nil, err
	}
	f, err := dynamics[cfg.Options[problem.Name]](m.Params, seed, rng)
	if err != nil {
		return nil, err
	}
	m.rates, _ = f.(*robertson.LearntRates)
	m.clock = clocks[cfg.Options[clockOption.Name]]
	m.dynamics = m.clock.run(f)
	if m.node, err = m.neuralODE(m.times); err != nil {
		return nil, err
	}
	if m.between, err = m.neuralODE(m.testTimes); err != nil {
		return nil, err
	}
	m.Solver, m.start = m.node.Solver, m.Matrix(start, 1, dim)
	if err := m.Compile(m.output(m.node), m.output(m.between)); err != nil {
		return nil, err
	}
	m.Optimizer, err = optim.New(optim.Adam{}, &optim.Settings{
		LearnRate: cfg.LearnRate, Schedule: optim.Cosine{Steps: cfg.Schedule() * perEpoch, Final: 0.01},
	})
	return m, err
}

// neuralODE returns the solution of the dynamics at times in seconds.
func (m *reaction) neuralODE(times []float64) (*layers.NeuralODE, error) {
	method, err := model.Method(m.Config)
	if err != nil {
		return nil, err
	}
	set := m.SolverSettings()
	set.SaveAt, set.MinStep = m.clock.at(times...), minStep
	return layers.NewNeuralODE(m.Params, m.dynamics, m.clock.start, m.clock.end(), method, set)
}

var rateNames = [dim]string{"k₁", "k₂", "k₃"}

// minStep is far below the shortest time of the kinetics.
const minStep = 1e-12

// output adds the states at the times of a solution, and their mean squared error.
func (m *reaction) output(node *layers.NeuralODE) model.Output {
	return func(s *graph.Scope, in gorgonia.Nodes) (states, loss *gorgonia.Node, err error) {
		if states, err = node.Forward(s, in[0]); err != nil {
			return nil, nil, err
		}
		loss, err = losses.MeanSquaredError(states, in[1])
		return states, loss, err
	}
}

// Examples returns the number of iterations of an epoch.
func (m *reaction) Examples() int { return perEpoch }

// Iterate does one iteration on the trajectory.
func (m *reaction) Iterate(it trainer.Iteration) (trainer.Result, error) {
	return m.Step(it, m.start, m.Matrix(m.seen, len(m.times), dim))
}

// Evaluate compares with the true solution between the observations.
func (m *reaction) Evaluate(epoch int) (trainer.Metrics, error) {
	var r trainer.Metrics
	var err error
	if r.Prediction, err = m.Predict(); err != nil {
		return r, err
	}
	if _, r.TestLoss, err = m.Forward(m.start, m.target()); err != nil {
		return r, err
	}
	if m.rates != nil {
		for i, k := range m.rates.Rates(m.Params) {
			r.Measurements = append(r.Measurements, trainer.Measurement{Name: rateNames[i], Value: k})
		}
	}
	if epoch == m.Config.Epochs {
		var others []trainer.Measurement
		others, err = m.survival()
		r.Measurements = append(r.Measurements, others...)
	}
	return r, err
}

func (m *reaction) target() gorgonia.Value { return m.Matrix(m.test, len(m.testTimes), dim) }

// Predict solves once.
func (m *reaction) Predict() (trainer.Prediction, error) {
	return m.TimedBy(func() (integrators.Solution, error) {
		_, _, err := m.Forward(m.start, m.target())
		return m.Solved(m.between.Solver), err
	})
}
