package main

import (
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"

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

// estimator chooses the trace of the Jacobian in training. Probes are drawn once for
// a solve.
var estimator = trainer.Option{
	Name:   "estimator",
	Usage:  "`trace` of the Jacobian in training, by a normal probe, by one of ±1, or without an estimate",
	Values: []string{"gaussian", "rademacher", "exact"},
}

var estimators = map[string]layers.Estimator{
	"gaussian": layers.Gaussian, "rademacher": layers.Rademacher, "exact": layers.Exact,
}

// schedule chooses how the learning rate goes on. The official code keeps it.
var schedule = trainer.Option{
	Name:   "schedule",
	Usage:  "`course` of the learning rate over all epochs, held or lowered to 0 along half a cosine",
	Values: []string{"constant", "cosine"},
}

// weightDecay is the official code's.
const weightDecay = 1e-5

// flow is one variant in training: dynamics of concat-squash layers take data at t = 0
// to a standard normal distribution at 1.
type flow struct {
	model.Model
	data
	dynamics layers.Layer
	cnf      *layers.CNF
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	m := &flow{Model: model.New(cfg, v, seed, model.Aggregations{Errors: integrators.Mean, Stiffness: integrators.Mean})}
	var err error
	if m.data, err = load(cfg, seed); err != nil {
		return nil, err
	}
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
		return nil, err
	}
	set := &optim.Settings{LearnRate: cfg.LearnRate, WeightDecay: weightDecay}
	if cfg.Options[schedule.Name] == "cosine" {
		batches := (m.Examples() + cfg.Batch - 1) / cfg.Batch
		set.Schedule = optim.Cosine{Steps: cfg.Epochs * batches}
	}
	m.Optimizer, err = optim.New(optim.Adam{}, set)
	return m, err
}

func (m *flow) build(rng *rand.Rand) error {
	sizes := architectures[m.Config.Options[architecture.Name]]
	net := sizes.plane
	if m.set.Name == "" {
		net = sizes.file
	}
	var err error
	if m.dynamics, err = networks.NewFlow(m.Params, m.dim, net.units, net.activation, rng); err != nil {
		return err
	}
	method, err := model.Method(m.Config)
	if err != nil {
		return err
	}
	along, err := m.penalties()
	if err != nil {
		return err
	}
	m.cnf, err = layers.NewCNF(m.Params, m.dynamics, m.dim, 0, 1, method, &layers.CNFSettings{
		Solver:    m.solver(),
		Estimator: estimators[m.Config.Options[estimator.Name]],
		Penalties: along,
	})
	if err != nil {
		return err
	}
	m.Solver = m.cnf.Solver
	return m.Compile(m.output, nil)
}

// penalties returns those that are integrated along the flow, and gives them the
// regularizers under which it records them.
func (m *flow) penalties() ([]layers.FlowPenalty, error) {
	var along []layers.FlowPenalty
	for i := range m.Penalties {
		p := &m.Penalties[i]
		var penalty layers.FlowPenalty
		switch {
		case p.Of(trainer.Kinetic):
			penalty = layers.KineticPenalty
		case p.Of(trainer.Jacobian):
			penalty = layers.JacobianPenalty
		case p.Of(trainer.TayNODE):
			var err error
			if penalty, err = layers.TaylorPenalty(m.dynamics, m.Config.TaylorOrder); err != nil {
				return nil, err
			}
		default:
			continue // it is on the solver's estimates
		}
		p.Regularizer = integrators.Regularizer{Term: integrators.Integral, Index: len(along)}
		along = append(along, penalty)
	}
	return along, nil
}

// solver returns the settings of the solver with the penalties on its estimates.
func (m *flow) solver() *integrators.Settings {
	s := m.SolverSettings()
	s.Regularizers = slices.DeleteFunc(s.Regularizers, func(r integrators.Regularizer) bool {
		return r.Term == integrators.Integral // the flow adds them
	})
	return s
}

// output adds the latent points of data (batch, dim) with the change of their log
// density, and the negative log-likelihood, its mean over the batch.
func (m *flow) output(s *graph.Scope, in gorgonia.Nodes) (latent, loss *gorgonia.Node, err error) {
	if latent, err = m.cnf.Forward(s, in[0]); err != nil {
		return nil, nil, err
	}
	z, delta, err := m.cnf.Split(latent)
	if err != nil {
		return nil, nil, err
	}
	loss, err = losses.NegativeLogLikelihood(z, delta)
	return latent, loss, err
}

// Examples returns the number of points to train with.
func (m *flow) Examples() int { return len(m.train) / m.dim }

// Iterate trains on one batch, with probes of its own.
func (m *flow) Iterate(it trainer.Iteration) (trainer.Result, error) {
	m.cnf.SetSeed(m.NoiseSeed(it.Number))
	m.cnf.SetFirstRow(it.First)
	return m.Step(it, m.matrix(m.rows(m.train, it.Batch)))
}

// matrix returns points as an input (rows, dim).
func (m *flow) matrix(x []float64) gorgonia.Value { return m.Matrix(x, len(x)/m.dim, m.dim) }

// Evaluate measures the likelihood of the points to test with, in batches.
func (m *flow) Evaluate(int) (trainer.Metrics, error) {
	var r trainer.Metrics
	for size, rest := m.Config.Batch*m.dim, m.test; len(rest) > 0; {
		x := rest[:min(size, len(rest))]
		rest = rest[len(x):]
		logs, err := m.cnf.LogDensity(m.matrix(x))
		if err != nil {
			return r, err
		}
		for _, l := range logs {
			r.TestLoss -= l / float64(len(m.test)/m.dim)
		}
	}
	var err error
	r.Prediction, err = m.Predict()
	return r, err
}

// Predict finds the log densities of the first training batch in the order of the
// data, by the exact trace.
func (m *flow) Predict() (trainer.Prediction, error) {
	x := m.matrix(m.train[:min(m.Config.Batch*m.dim, len(m.train))])
	return m.TimedBy(func() (integrators.Solution, error) {
		_, err := m.cnf.LogDensity(x)
		return m.cnf.Density.Last(), err
	})
}

// column returns column j of points (rows, dim).
func column(x gorgonia.Value, dim, j int) []float64 {
	var c []float64
	for i, v := range value.Float64s(x) {
		if i%dim == j {
			c = append(c, v)
		}
	}
	return c
}
