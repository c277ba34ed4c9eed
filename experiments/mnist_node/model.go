package main

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

const hidden = 100 // units of the dynamics

// classifier is one variant in training: dynamics
//
//	f(z, t) = tanh([tanh([z; t]·W1 + b1); t]·W2 + b2)
//
// on the pixels, solved over [0, 1], and a linear layer to the classes.
type classifier struct {
	model.Trained
	cfg         trainer.Config
	variant     trainer.Variant
	seed        uint64
	train, test *mnist.Set

	node      *layers.NeuralODE
	layers    layers.Classifier
	penalties model.Penalties
	batches   map[int]*batch // by size
}

// batch holds what works on batches of one size.
type batch struct {
	images, labels gorgonia.Value
	classes        []uint8
	objective      *graph.Objective
	predictor      *graph.Predictor
}

// inputs describes the images and labels of the batch.
func (b *batch) inputs() []graph.Input {
	return []graph.Input{
		{Name: "images", Dtype: b.images.Dtype(), Shape: b.images.Shape()},
		{Name: "labels", Dtype: b.labels.Dtype(), Shape: b.labels.Shape()},
	}
}

// check returns an error for a configuration that cannot be trained.
func check(cfg trainer.Config, v trainer.Variant) error {
	if v.Has(steer) && !(cfg.SteerB < 1) {
		return errors.Errorf("-steer-b is %v, want less than the length 1 of the time span", cfg.SteerB)
	}
	return nil
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	m := &classifier{cfg: cfg, variant: v, seed: seed, batches: map[int]*batch{}}
	var err error
	if cfg.Data == "" {
		m.train, m.test, err = mnist.Embedded()
	} else {
		m.train, m.test, err = mnist.Load(cfg.Data)
	}
	if err != nil {
		return nil, err
	}
	m.train = m.train.Subset(cfg.Limit)
	m.choosePenalties()
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
		return nil, err
	}
	m.Optimizer, err = optim.New(optim.Momentum{Rho: 0.9}, &optim.Settings{LearnRate: cfg.LearnRate, InverseDecay: 1e-5})
	return m, err
}

// choosePenalties follows the official code: the mean of E_j|h_j| with an
// annealed weight, the largest S_j, or the means of both.
func (m *classifier) choosePenalties() {
	stiffness := ops.Max
	if m.variant.Has(ernode) {
		stiffness = ops.Mean
		m.penalties = append(m.penalties, model.ErrorPenalty(m.cfg, ops.Mean))
	}
	if m.variant.Has(srnode) {
		m.penalties = append(m.penalties, model.StiffnessPenalty(m.cfg, stiffness))
	}
}

func (m *classifier) build(rng *rand.Rand) error {
	m.Params = graph.NewParams(model.Dtype(m.cfg))
	var dense [3]*layers.Dense
	var err error
	if dense[0], err = layers.NewTimeDense(m.Params, "dynamics.1", mnist.Pixels, hidden, ops.Tanh, rng); err != nil {
		return err
	}
	if dense[1], err = layers.NewTimeDense(m.Params, "dynamics.2", hidden, mnist.Pixels, ops.Tanh, rng); err != nil {
		return err
	}
	if dense[2], err = layers.NewDense(m.Params, "head", mnist.Pixels, mnist.Classes, ops.Identity, rng); err != nil {
		return err
	}
	method, err := model.Method(m.cfg)
	if err != nil {
		return err
	}
	m.node, err = layers.NewNeuralODE(m.Params, layers.Chain{dense[0], dense[1]}, method, 0, 1, model.SolverSettings(m.cfg, m.penalties))
	m.layers = layers.Classifier{Logits: layers.Chain{m.node, dense[2]}}
	return err
}

// batchOf returns the batch for the given number of images, filled with them.
func (m *classifier) batchOf(set *mnist.Set, idx []int) (*batch, error) {
	n := len(idx)
	b, ok := m.batches[n]
	if !ok {
		b = &batch{
			images:  graph.NewValue(model.Dtype(m.cfg), n, mnist.Pixels),
			labels:  graph.NewValue(model.Dtype(m.cfg), n),
			classes: make([]uint8, n),
		}
		m.batches[n] = b
	}
	for i, j := range idx {
		b.classes[i] = set.Labels[j]
	}
	if model.Dtype(m.cfg) == tensor.Float64 {
		return b, mnist.Fill(set, idx, b.images.Data().([]float64), b.labels.Data().([]float64))
	}
	return b, mnist.Fill(set, idx, b.images.Data().([]float32), b.labels.Data().([]float32))
}

// prepare compiles the training objective of a batch.
func (m *classifier) prepare(b *batch) (err error) {
	if b.objective != nil {
		return nil
	}
	inputs := append(b.inputs(), m.penalties.Inputs(model.Dtype(m.cfg))...)
	b.objective, err = graph.NewObjective(m.Params, inputs, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		loss, err := m.layers.Loss(s, in[0], in[1])
		if err != nil {
			return nil, err
		}
		return m.penalties.Add(s, loss, in[2:])
	}, nil)
	return err
}

// Examples returns the number of training images.
func (m *classifier) Examples() int { return m.train.Len() }

// Iterate trains on one batch.
func (m *classifier) Iterate(it trainer.Iteration) (trainer.Result, error) {
	var r trainer.Result
	b, err := m.batchOf(m.train, it.Batch)
	if err != nil {
		return r, err
	}
	if err := m.prepare(b); err != nil {
		return r, err
	}
	if m.variant.Has(steer) {
		t1, err := losses.EndTime(rand.New(rand.NewPCG(m.seed, uint64(it.Number))), 0, 1, m.cfg.SteerB)
		if err != nil {
			return r, err
		}
		if err := m.node.ODE().SetSpan(0, t1); err != nil {
			return r, err
		}
		defer m.node.ODE().SetSpan(0, 1)
	}
	in := append([]gorgonia.Value{b.images, b.labels}, m.penalties.Values(model.Dtype(m.cfg), it)...)
	if r, err = m.Trained.Iterate(b.objective, in); err != nil {
		return r, err
	}
	model.Observe(&r, m.node.ODE(), ops.Mean, ops.Max) // as the official code defines them
	r.Correct, err = layers.Correct(b.objective.Recorded(layers.LogitsRecord)[0], b.classes)
	return r, err
}

// forward predicts the logits of some images, and their mean cross entropy.
func (m *classifier) forward(b *batch) (logits gorgonia.Value, loss float64, err error) {
	if b.predictor == nil {
		var err error
		b.predictor, err = graph.NewPredictor(m.Params, b.inputs(), func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			logits, err := m.layers.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			loss, err := losses.CrossEntropy(logits, in[1])
			return gorgonia.Nodes{logits, loss}, err
		})
		if err != nil {
			return nil, 0, err
		}
	}
	out, err := b.predictor.Predict(b.images, b.labels)
	if err != nil {
		return nil, 0, err
	}
	return out[0], graph.Float64s(out[1])[0], nil
}

// Evaluate measures the model on the test images.
func (m *classifier) Evaluate(int) (trainer.Metrics, error) {
	var r trainer.Metrics
	n := m.test.Len()
	correct, loss := 0, 0.0
	for from := 0; from < n; from += m.cfg.Batch {
		b, err := m.batchOf(m.test, indices(from, min(from+m.cfg.Batch, n)))
		if err != nil {
			return r, err
		}
		logits, l, err := m.forward(b)
		if err != nil {
			return r, err
		}
		c, err := layers.Correct(logits, b.classes)
		if err != nil {
			return r, err
		}
		correct += c
		loss += l * float64(len(b.classes))
	}
	r.TestAccuracy = 100 * float64(correct) / float64(n)
	r.TestLoss = loss / float64(n)
	var err error
	r.Prediction, err = m.Predict()
	return r, err
}

func indices(from, to int) []int {
	idx := make([]int, to-from)
	for i := range idx {
		idx[i] = from + i
	}
	return idx
}

// Predict solves for the first training batch in the order of the data.
func (m *classifier) Predict() (trainer.Prediction, error) {
	b, err := m.batchOf(m.train, indices(0, min(m.cfg.Batch, m.train.Len())))
	if err != nil {
		return trainer.Prediction{}, err
	}
	if b.predictor == nil { // compiling it is not predicting
		if _, _, err := m.forward(b); err != nil {
			return trainer.Prediction{}, err
		}
	}
	return model.Timed(m.node.ODE(), func() error {
		_, _, err := m.forward(b)
		return err
	})
}
