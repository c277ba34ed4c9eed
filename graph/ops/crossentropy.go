package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// CrossEntropy returns the mean over the batch of −log softmax(logits)[label],
// a scalar, for logits (batch, classes) and a vector of class numbers (batch)
// of the same element type. A label outside [0, classes) is an error when the
// operation runs.
func CrossEntropy(logits, labels *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "cross entropy"
	dt, m, n, err := matrix(name, "logits", logits)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "labels", labels, dt, m); err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.ScalarShape(), logits, labels)
	o.run = pick(dt, crossEntropyRun[float32](m, n), crossEntropyRun[float64](m, n))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("cross entropy reverse", dt, tensor.Shape{m, n}, in[0], in[1], g)
		r.run = pick(dt, crossEntropyGradRun[float32](m, n), crossEntropyGradRun[float64](m, n))
		r.linear = []int{2}
		d, err := r.apply(in[0], in[1], g)
		return gorgonia.Nodes{d, nil}, err
	}
	return o.apply(logits, labels)
}

// checkLabels fails unless every label is a class number.
func checkLabels[T raw.Float](labels []T, classes int) error {
	for i, l := range labels {
		if !(l >= 0 && int(l) < classes) || l != T(int(l)) {
			return errors.Errorf("label %d is %v, expected a class number from 0 to %d", i, l, classes-1)
		}
	}
	return nil
}

func crossEntropyRun[T raw.Float](m, n int) func(raw.Array, []raw.Array) error {
	prob := make([]T, m*n)
	return func(dst raw.Array, in []raw.Array) error {
		labels := raw.Slice[T](in[1])
		if err := checkLabels(labels, n); err != nil {
			return err
		}
		raw.Slice[T](dst)[0] = T(kernel.SoftmaxCrossEntropy(m, n, raw.Slice[T](in[0]), labels, prob))
		return nil
	}
}

// crossEntropyGradRun computes the softmax once more: it is a small part of a
// model, and keeping it would make the loss an operation with two results.
func crossEntropyGradRun[T raw.Float](m, n int) func(raw.Array, []raw.Array) error {
	prob := make([]T, m*n)
	return func(dst raw.Array, in []raw.Array) error {
		labels := raw.Slice[T](in[1])
		kernel.SoftmaxCrossEntropy(m, n, raw.Slice[T](in[0]), labels, prob)
		kernel.CrossEntropyGrad(raw.Slice[T](dst), m, n, prob, labels, raw.Slice[T](in[2])[0])
		return nil
	}
}
