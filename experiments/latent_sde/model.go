package main

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

const latent = networks.LatentSDEDim

// Parameters of the configuration.
const (
	paths        = "paths"        // number of paths to train with
	testPaths    = "test_paths"   // number of paths to test with
	observations = "observations" // number of times of a path
	knots        = "knots"        // number of times at which the encoder gives a context
	hidden       = "hidden"       // units of every hidden layer, and of the recurrence
	contextSize  = "context"      // columns of the context at a knot
	sigma        = "sigma"        // standard deviation of the noise of observations
	warmUp       = "warm_up"      // iterations until the divergence has the weight 1
	decay        = "decay"        // factor on the learning rate in every iteration
)

// latentSDE is one variant in training.
type latentSDE struct {
	model.Model
	series
	net       *layers.LatentSDE
	generator *graph.Predictor // samples of the prior
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	m := &latentSDE{
		Model:  model.New(cfg, v, seed, model.Aggregations{Errors: integrators.Sum, Stiffness: integrators.Sum}),
		series: draw(cfg, seed),
	}
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
		return nil, err
	}
	var err error
	m.Optimizer, err = optim.New(optim.Adam{}, &optim.Settings{
		LearnRate: cfg.LearnRate, Schedule: optim.StepDecay{Every: 1, Ratio: cfg.Params[decay]},
	})
	return m, err
}

// Examples returns the number of paths to train with.
func (m *latentSDE) Examples() int { return len(m.train) / m.size() }

// Iterate trains on one batch, with noise of its own. The loss of the result is the
// negative bound itself, whatever the weight of the divergence in training.
func (m *latentSDE) Iterate(it trainer.Iteration) (trainer.Result, error) {
	weight := min(1, float64(it.Number)/m.Config.Params[warmUp])
	m.Solver.SetKeys(model.Keys(it))
	defer m.Solver.SetKeys(nil)
	r, err := m.Step(it, m.inputs(m.train, it.Batch, it.Number, it.First, weight)...)
	if err != nil {
		return r, err
	}
	r.Loss = -value.Scalar(m.Recorded(layers.LikelihoodRecord))
	for _, divergence := range []string{layers.InitialDivergenceRecord, layers.PathDivergenceRecord} {
		r.Loss += value.Scalar(m.Recorded(divergence))
	}
	return r, nil
}

// inputs returns some paths of x, which are those from row first of a batch on, the noise
// of their initial states and the weight of the divergence, and sets the seed of the noise
// of the equation.
func (m *latentSDE) inputs(x []float64, idx []int, draw, first int, weight float64) []gorgonia.Value {
	m.Solver.SetSeed(m.NoiseSeed(draw))
	return []gorgonia.Value{m.batch(x, idx), m.normal(first, len(idx), draw), m.Scalar(weight)}
}

// Evaluate measures the bound of the paths to test with, in batches, each path with one
// sample of the posterior.
func (m *latentSDE) Evaluate(int) (trainer.Metrics, error) {
	var r trainer.Metrics
	n := len(m.test) / m.size()
	for from, k := 0, 1; from < n; from, k = from+m.Config.Batch, k+1 {
		idx := datasets.Indices(from, min(from+m.Config.Batch, n))
		_, loss, err := m.Forward(m.inputs(m.test, idx, -k, 0, 1)...)
		if err != nil {
			return r, err
		}
		r.TestLoss += loss * float64(len(idx)) / float64(n)
	}
	var err error
	r.Prediction, err = m.Predict()
	return r, err
}

// Predict solves for the posterior of the first training batch in the order of the data.
func (m *latentSDE) Predict() (trainer.Prediction, error) {
	return m.Timed(m.inputs(m.train, datasets.Indices(0, min(m.Config.Batch, m.Examples())), -1, 0, 1)...)
}
