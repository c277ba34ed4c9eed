package digits

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/graph"
)

// batch holds what works on batches of one size.
type batch struct {
	images, labels gorgonia.Value
	classes        []uint8
	objective      *graph.Objective // nil until needed
	predictor      *graph.Predictor // nil until needed
}

// inputs describes the images and labels of the batch.
func (b *batch) inputs() []graph.Input {
	return []graph.Input{
		{Name: "images", Dtype: b.images.Dtype(), Shape: b.images.Shape()},
		{Name: "labels", Dtype: b.labels.Dtype(), Shape: b.labels.Shape()},
	}
}

// batchOf returns the batch for the given number of images, filled with them.
func (c *Classifier) batchOf(set *mnist.Set, idx []int) (*batch, error) {
	n, dtype := len(idx), model.Dtype(c.Config)
	b, ok := c.batches[n]
	if !ok {
		b = &batch{
			images:  graph.NewValue(dtype, n, mnist.Pixels),
			labels:  graph.NewValue(dtype, n),
			classes: make([]uint8, n),
		}
		c.batches[n] = b
	}
	for i, j := range idx {
		b.classes[i] = set.Labels[j]
	}
	if dtype == tensor.Float64 {
		return b, mnist.Fill(set, idx, b.images.Data().([]float64), b.labels.Data().([]float64))
	}
	return b, mnist.Fill(set, idx, b.images.Data().([]float32), b.labels.Data().([]float32))
}
