package main

import (
	"math/rand/v2"

	"github.com/regnde/regnde/experiments/internal/digits"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

const (
	trajectories = 10 // solutions of an image in evaluation; training takes one
	measured     = 10 // batches of training images on which accuracy is measured
	glance       = 4  // batches of either set that are enough before the last epoch
)

// classifier is one variant in training, see networks.MNISTSDE.
type classifier struct {
	*digits.Classifier
	node *layers.NeuralSDE
}

// check returns an error for a configuration that cannot be trained.
func check(cfg trainer.Config, v trainer.Variant) error {
	if err := digits.CheckImages(cfg); err != nil {
		return err
	}
	return model.CheckSDE(cfg, v)
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	d, err := digits.New(cfg, v, seed, model.Aggregations{Errors: integrators.Mean, Stiffness: integrators.Mean})
	if err != nil {
		return nil, err
	}
	m := &classifier{Classifier: d}
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
		return nil, err
	}
	m.Optimizer, err = optim.New(optim.Adam{}, &optim.Settings{LearnRate: cfg.LearnRate, InverseDecay: 1e-5})
	return m, err
}

func (m *classifier) build(rng *rand.Rand) error {
	net, err := networks.NewMNISTSDE(m.Params, rng)
	if err != nil {
		return err
	}
	method, err := model.SDEMethod(m.Config)
	if err != nil {
		return err
	}
	if m.node, err = net.Solve(m.Params, method, m.SolverSettings()); err != nil {
		return err
	}
	m.Solver = m.node.Solver
	mean := networks.Ensemble{SDE: m.node, Trajectories: trajectories}
	return m.Classify(layers.Chain{net.Encoder, m.node, net.Head}, layers.Chain{net.Encoder, mean, net.Head})
}

// Iterate trains on one batch with noise of its own, one trajectory an image.
func (m *classifier) Iterate(it trainer.Iteration) (trainer.Result, error) {
	m.node.SetSeed(m.NoiseSeed(it.Number))
	m.node.SetKeys(model.Keys(it))
	defer m.node.SetKeys(nil)
	return m.Classifier.Iterate(it)
}

// Evaluate measures the model on the test images, and on the first of the training
// images. The mean over the epoch's iterations would be that of one trajectory.
// Before the last epoch it measures on fewer images of either set, as it would
// take as long as the training otherwise.
func (m *classifier) Evaluate(epoch int) (trainer.Metrics, error) {
	test, train := m.Test, m.Train.Subset(measured*m.Config.Batch)
	if epoch < m.Config.Epochs {
		test, train = test.Subset(glance*m.Config.Batch), train.Subset(glance*m.Config.Batch)
	}
	m.node.SetSeed(m.NoiseSeed(-1))
	r, err := m.EvaluateOn(test)
	if err != nil {
		return r, err
	}
	loss, accuracy, err := m.Measure(train)
	r.TrainLoss, r.TrainAccuracy = &loss, &accuracy
	return r, err
}

// Predict solves for the first training batch, with the noise of evaluation.
func (m *classifier) Predict() (trainer.Prediction, error) {
	m.node.SetSeed(m.NoiseSeed(-1))
	return m.Classifier.Predict()
}
