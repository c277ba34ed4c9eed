package main

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/layers"
)

// ensemble is the mean of a layer over n trajectories of every row, solved as one
// batch. As the layer after it is linear, so is the mean of its logits.
type ensemble struct {
	layer layers.Layer
	n     int
}

var _ layers.Layer = ensemble{}

// Forward repeats x (batch, dim) n times, one copy below the other, and returns
// the mean of the copies' results.
func (e ensemble) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	copies := make(gorgonia.Nodes, e.n)
	for i := range copies {
		copies[i] = x
	}
	stacked, err := ops.Stack(copies)
	if err != nil {
		return nil, err
	}
	y, err := e.layer.Forward(s, stacked)
	if err != nil {
		return nil, err
	}
	batch := x.Shape()[0]
	terms := make([]ops.Term, e.n)
	for i := range terms {
		part, err := ops.Block(y, i*batch, (i+1)*batch, 0, y.Shape()[1])
		if err != nil {
			return nil, err
		}
		terms[i] = ops.Term{X: part, C: 1 / float64(e.n)}
	}
	return ops.LinComb(terms, nil, nil)
}
