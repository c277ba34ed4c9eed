package main

import (
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/physionet"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

const (
	latent   = 20  // dimension of the differential equation
	training = 0.8 // fraction of the patients to train with
	// unit is that of losses, as in the paper.
	unit = 1e-3
)

// architecture chooses between the network of the official code and that of the
// paper's section 4.1.2.
var architecture = trainer.Option{
	Name:   "arch",
	Usage:  "`network` of the official code, or as the paper's text has it",
	Values: []string{"code", "paper"},
}

// latentODE is one variant in training: a recognition network that reads a
// patient's record backwards and gives a Gaussian of initial states, dynamics
// that take a sample of it over 48 hours, and a linear layer from the state at
// every hour to the 37 variables.
type latentODE struct {
	model.Model
	train, test *physionet.Set
	net         *layers.LatentODE
}

// check returns an error for a configuration that cannot be trained.
func check(cfg trainer.Config, v trainer.Variant) error {
	if v.Has(trainer.Steer) && !(cfg.SteerB <= 0.5) {
		return errors.Errorf("-steer-b is %v, expected at most 0.5 of the interval between two times", cfg.SteerB)
	}
	return model.CheckODE(cfg, v)
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	m := &latentODE{Model: model.New(cfg, v, seed, model.Official(v))}
	if err := m.load(); err != nil {
		return nil, err
	}
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
		return nil, err
	}
	var err error
	m.Optimizer, err = optim.New(optim.AdaMax{}, &optim.Settings{LearnRate: cfg.LearnRate, InverseDecay: 1e-5})
	return m, err
}

// load reads the patients and deals them out, differently for every seed.
func (m *latentODE) load() error {
	set, err := physionet.Embedded()
	if m.Config.Data != "" {
		set, err = physionet.Load(m.Config.Data)
	}
	if err != nil {
		return err
	}
	if m.train, m.test, err = set.Split(training, m.Seed); err != nil {
		return err
	}
	m.train = m.train.Subset(m.Config.Limit)
	return nil
}

func (m *latentODE) build(rng *rand.Rand) error {
	method, err := model.ExplicitMethod(m.Config)
	if err != nil {
		return err
	}
	solver := m.SolverSettings()
	solver.SaveAt = physionet.Grid()
	sizes := layers.LatentODESettings{Latent: latent, Mode: solver.Mode, Memory: solver.Memory}
	if m.Config.Options[architecture.Name] == "paper" {
		sizes.State, sizes.Dynamics = 40, []int{50, 50, 50}
	}
	if m.Variant.Has(trainer.TayNODE) {
		sizes.TaylorOrder = m.Config.TaylorOrder
	}
	m.net, err = layers.NewLatentODE(m.Params, physionet.Channels, method, 0, 1, solver, &sizes, rng)
	if err != nil {
		return err
	}
	m.Solver = m.net.ODE.Solver
	return m.Compile(m.training, m.prediction)
}

// Examples returns the number of patients to train with.
func (m *latentODE) Examples() int { return m.train.Len() }

// The random numbers of an iteration, or of a batch in evaluation, are of two
// kinds.
const (
	initialStates = iota
	saveTimes
)

// rng returns the generator of random numbers of a kind. Variants share them:
// draw is the number of the iteration, 1, 2, …, in training, and -1, -2, … in
// evaluation, where they are the same after every epoch.
func (m *latentODE) rng(draw int, kind uint64) *rand.Rand {
	return rand.New(rand.NewPCG(m.NoiseSeed(draw), kind))
}

// Iterate trains on one batch, with STEER at random times. The loss of the result
// is the mean squared error.
func (m *latentODE) Iterate(it trainer.Iteration) (trainer.Result, error) {
	var r trainer.Result
	times := physionet.Grid()
	if m.Variant.Has(trainer.Steer) {
		var err error
		if times, err = losses.SaveTimes(m.rng(it.Number, saveTimes), times, m.Config.SteerB); err != nil {
			return r, err
		}
		if err := m.net.ODE.SetSaveAt(times); err != nil {
			return r, err
		}
		defer m.net.ODE.SetSaveAt(physionet.Grid())
	}
	in, err := m.patients(m.train, it.Batch, times, it.Number, it.First)
	if err != nil {
		return r, err
	}
	if r, err = m.Step(it, append(in, m.Scalar(losses.PhysioNetKL.At(it.Epoch)))...); err != nil {
		return r, err
	}
	r.Loss = value.Scalar(m.Recorded(layers.SquaredErrorRecord)) / unit
	return r, nil
}

// Evaluate measures the model on the patients to test with, and on as many of
// those to train with. The mean over the epoch's iterations would be that of a
// model in flux, and with STEER at other times.
func (m *latentODE) Evaluate(int) (trainer.Metrics, error) {
	var r trainer.Metrics
	var err error
	if r.TestLoss, err = m.measure(m.test); err != nil {
		return r, err
	}
	loss, err := m.measure(m.train.Subset(m.test.Len()))
	if err != nil {
		return r, err
	}
	r.TrainLoss = &loss
	r.Prediction, err = m.Predict()
	return r, err
}

// measure returns the mean squared error on the patients of a set, which are
// batched in order, with one sample of the initial state each.
func (m *latentODE) measure(set *physionet.Set) (loss float64, err error) {
	n := set.Len()
	for from, batch := 0, 1; from < n; from, batch = from+m.Config.Batch, batch+1 {
		idx := datasets.Indices(from, min(from+m.Config.Batch, n))
		in, err := m.patients(set, idx, physionet.Grid(), -batch, 0)
		if err != nil {
			return 0, err
		}
		_, l, err := m.Forward(in...)
		if err != nil {
			return 0, err
		}
		loss += l / unit * float64(len(idx)) / float64(n)
	}
	return loss, nil
}

// Predict solves for the first training batch in the order of the data.
func (m *latentODE) Predict() (trainer.Prediction, error) {
	in, err := m.patients(m.train, datasets.Indices(0, min(m.Config.Batch, m.train.Len())), physionet.Grid(), -1, 0)
	if err != nil {
		return trainer.Prediction{}, err
	}
	return m.Timed(in...)
}
