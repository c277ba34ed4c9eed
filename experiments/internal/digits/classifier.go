// Package digits is what the classifiers of MNIST digits have in common: their
// data, training on a batch, and evaluation on a set. An experiment makes the
// layers and embeds Classifier in its model.
package digits

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// Classifier is a model of digits in training, but for the randomness of an
// iteration.
type Classifier struct {
	model.Trained
	Config      trainer.Config
	Train, Test *mnist.Set

	// Training maps images (batch, 784) to logits (batch, 10) in training,
	// Prediction in evaluation.
	Training, Prediction layers.Layer

	// Solver is that of the equation in both, and Penalties are on it. R_E and R_S
	// are reported in the aggregations Errors and Stiffness.
	Solver            *integrators.Solver
	Penalties         model.Penalties
	Errors, Stiffness ops.Aggregation

	batches map[int]*batch // by size
}

// New returns a classifier without layers, with the data of a configuration, and
// parameters and an optimizer to be set.
func New(cfg trainer.Config) (*Classifier, error) {
	c := &Classifier{Config: cfg, batches: map[int]*batch{}}
	var err error
	if c.Train, c.Test, err = data(cfg); err != nil {
		return nil, err
	}
	c.Train = c.Train.Subset(cfg.Limit)
	c.Params = graph.NewParams(model.Dtype(cfg))
	return c, nil
}

// Examples returns the number of training images.
func (c *Classifier) Examples() int { return c.Train.Len() }

// Iterate trains on one batch.
func (c *Classifier) Iterate(it trainer.Iteration) (trainer.Result, error) {
	var r trainer.Result
	b, err := c.batchOf(c.Train, it.Batch)
	if err != nil {
		return r, err
	}
	if err := c.prepare(b); err != nil {
		return r, err
	}
	in := append([]gorgonia.Value{b.images, b.labels}, c.Penalties.Values(model.Dtype(c.Config), it)...)
	if r, err = c.Trained.Iterate(b.objective, in); err != nil {
		return r, err
	}
	model.Observe(&r, c.Solver, c.Errors, c.Stiffness)
	r.Correct, err = layers.Correct(b.objective.Recorded(layers.LogitsRecord)[0], b.classes)
	return r, err
}

// prepare compiles the training objective of a batch.
func (c *Classifier) prepare(b *batch) (err error) {
	if b.objective != nil {
		return nil
	}
	classifier := layers.Classifier{Logits: c.Training}
	inputs := append(b.inputs(), c.Penalties.Inputs(model.Dtype(c.Config))...)
	b.objective, err = graph.NewObjective(c.Params, inputs, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		loss, err := classifier.Loss(s, in[0], in[1])
		if err != nil {
			return nil, err
		}
		return c.Penalties.Add(s, loss, in[2:])
	}, nil)
	return err
}

// Evaluate measures the model on the test images.
func (c *Classifier) Evaluate(int) (trainer.Metrics, error) { return c.EvaluateOn(c.Test) }

// EvaluateOn measures the model on a set of test images.
func (c *Classifier) EvaluateOn(test *mnist.Set) (trainer.Metrics, error) {
	var r trainer.Metrics
	var err error
	if r.TestLoss, r.TestAccuracy, err = c.Measure(test); err != nil {
		return r, err
	}
	r.Prediction, err = c.Predict()
	return r, err
}

// Measure returns the mean cross entropy on the images of a set, and the accuracy
// in percent.
func (c *Classifier) Measure(set *mnist.Set) (loss, accuracy float64, err error) {
	n, correct := set.Len(), 0
	for from := 0; from < n; from += c.Config.Batch {
		b, err := c.batchOf(set, datasets.Indices(from, min(from+c.Config.Batch, n)))
		if err != nil {
			return 0, 0, err
		}
		logits, l, err := c.forward(b)
		if err != nil {
			return 0, 0, err
		}
		k, err := layers.Correct(logits, b.classes)
		if err != nil {
			return 0, 0, err
		}
		correct += k
		loss += l * float64(len(b.classes))
	}
	return loss / float64(n), 100 * float64(correct) / float64(n), nil
}

// Predict solves for the first training batch in the order of the data.
func (c *Classifier) Predict() (trainer.Prediction, error) {
	b, err := c.batchOf(c.Train, datasets.Indices(0, min(c.Config.Batch, c.Train.Len())))
	if err != nil {
		return trainer.Prediction{}, err
	}
	if b.predictor == nil { // compiling it is not predicting
		if _, _, err := c.forward(b); err != nil {
			return trainer.Prediction{}, err
		}
	}
	return model.Timed(c.Solver, func() error {
		_, _, err := c.forward(b)
		return err
	})
}

// forward predicts the logits of some images, and their mean cross entropy.
func (c *Classifier) forward(b *batch) (logits gorgonia.Value, loss float64, err error) {
	if b.predictor == nil {
		b.predictor, err = graph.NewPredictor(c.Params, b.inputs(), func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			logits, err := c.Prediction.Forward(s, in[0])
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
