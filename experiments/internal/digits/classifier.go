// Package digits is what the classifiers of MNIST digits have in common: their
// data, training on a batch, and evaluation on a set. An experiment makes the
// layers and embeds Classifier in its model.
package digits

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// Classifier is a model of digits in training, but for the randomness of an
// iteration.
type Classifier struct {
	model.Model
	Train, Test *mnist.Set
}

// New returns a classifier without layers, with the data of a configuration.
func New(cfg trainer.Config, v trainer.Variant, seed uint64, a model.Aggregations) (*Classifier, error) {
	c := &Classifier{Model: model.New(cfg, v, seed, a)}
	var err error
	if c.Train, c.Test, err = data(cfg); err != nil {
		return nil, err
	}
	c.Train = c.Train.Subset(cfg.Limit)
	return c, nil
}

// Classify compiles the layers that map images (batch, 784) to logits (batch, 10),
// in training and in evaluation.
func (c *Classifier) Classify(training, evaluation layers.Layer) error {
	return c.Compile(output(training), output(evaluation))
}

// output adds logits and their mean cross entropy.
func output(l layers.Layer) model.Output {
	return func(s *graph.Scope, in gorgonia.Nodes) (logits, loss *gorgonia.Node, err error) {
		if logits, err = l.Forward(s, in[0]); err != nil {
			return nil, nil, err
		}
		loss, err = losses.CrossEntropy(logits, in[1])
		return logits, loss, err
	}
}

// Examples returns the number of training images.
func (c *Classifier) Examples() int { return c.Train.Len() }

// batch holds images (batch, 784), their labels as numbers (batch), and their
// classes.
type batch struct {
	images, labels gorgonia.Value
	classes        []uint8
}

// batchOf returns the images of a set with the given indices.
func (c *Classifier) batchOf(set *mnist.Set, idx []int) (batch, error) {
	b := batch{images: c.Zeros(len(idx), mnist.Pixels), labels: c.Zeros(len(idx))}
	for _, j := range idx {
		b.classes = append(b.classes, set.Labels[j])
	}
	if c.Params.Dtype() == tensor.Float64 {
		return b, mnist.Fill(set, idx, b.images.Data().([]float64), b.labels.Data().([]float64))
	}
	return b, mnist.Fill(set, idx, b.images.Data().([]float32), b.labels.Data().([]float32))
}

// Iterate trains on one batch.
func (c *Classifier) Iterate(it trainer.Iteration) (trainer.Result, error) {
	b, err := c.batchOf(c.Train, it.Batch)
	if err != nil {
		return trainer.Result{}, err
	}
	r, err := c.Step(it, b.images, b.labels)
	if err != nil {
		return r, err
	}
	r.Correct, err = layers.Correct(c.Output(), b.classes)
	return r, err
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
		logits, l, err := c.Forward(b.images, b.labels)
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
	return c.Timed(b.images, b.labels)
}
