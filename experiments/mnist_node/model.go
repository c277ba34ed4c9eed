package main

import (
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/digits"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// classifier is one variant in training, see networks.MNISTODE.
type classifier struct {
	*digits.Classifier
	node *layers.NeuralODE
}

// check returns an error for a configuration that cannot be trained.
func check(cfg trainer.Config, v trainer.Variant) error {
	if err := digits.CheckImages(cfg); err != nil {
		return err
	}
	if v.Has(trainer.Steer) && !(cfg.SteerB < 1) {
		return errors.Errorf("-steer-b is %v, expected less than the length 1 of the time span", cfg.SteerB)
	}
	return model.CheckODE(cfg, v)
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	d, err := digits.New(cfg, v, seed, model.Official(v))
	if err != nil {
		return nil, err
	}
	m := &classifier{Classifier: d}
	m.Aggregations.Stiffness = integrators.Max // as reported, whatever is penalized
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
		return nil, err
	}
	m.Optimizer, err = optim.New(optim.Momentum{Rho: 0.9}, &optim.Settings{LearnRate: cfg.LearnRate, InverseDecay: 1e-5})
	return m, err
}

func (m *classifier) build(rng *rand.Rand) error {
	net, err := networks.NewMNISTODE(m.Params, rng)
	if err != nil {
		return err
	}
	method, err := model.ExplicitMethod(m.Config)
	if err != nil {
		return err
	}
	settings := m.SolverSettings()
	if m.Variant.Has(trainer.TayNODE) {
		if settings.Integrand, err = layers.TaylorIntegrand(net.Dynamics, m.Config.TaylorOrder); err != nil {
			return err
		}
	}
	if m.node, err = net.Solve(m.Params, method, settings); err != nil {
		return err
	}
	m.Solver = m.node.Solver
	all := layers.Chain{m.node, net.Head}
	return m.Classify(all, all)
}

// Iterate trains on one batch, with STEER up to a random end time.
func (m *classifier) Iterate(it trainer.Iteration) (trainer.Result, error) {
	if m.Variant.Has(trainer.Steer) {
		t1, err := losses.EndTime(rand.New(rand.NewPCG(m.Seed, uint64(it.Number))), 0, 1, m.Config.SteerB)
		if err != nil {
			return trainer.Result{}, err
		}
		if err := m.node.SetSpan(0, t1); err != nil {
			return trainer.Result{}, err
		}
		defer m.node.SetSpan(0, 1)
	}
	return m.Classifier.Iterate(it)
}
