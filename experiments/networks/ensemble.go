package networks

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/layers"
)

// Ensemble is the mean of an SDE over trajectories of every row, solved as one batch. As
// the head after it is linear, so is the mean of its logits: mnist_nsde evaluates with
// ten trajectories.
type Ensemble struct {
	SDE          layers.Layer
	Trajectories int
}

var _ layers.Layer = Ensemble{}

// Forward repeats x (batch, dim) for every trajectory, one copy below the other, and
// returns the mean of the copies' results.
func (e Ensemble) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if e.SDE == nil || e.Trajectories < 1 {
		return nil, errors.Errorf("ensemble of %d trajectories of %v, expected at least one of a layer", e.Trajectories, e.SDE)
	}
	copies := make(gorgonia.Nodes, e.Trajectories)
	for i := range copies {
		copies[i] = x
	}
	stacked, err := ops.Stack(copies)
	if err != nil {
		return nil, err
	}
	y, err := e.SDE.Forward(s, stacked)
	if err != nil {
		return nil, err
	}
	batch := x.Shape()[0]
	if shape := y.Shape(); len(shape) != 2 || shape[0] != e.Trajectories*batch {
		return nil, errors.Errorf("ensemble: the layer maps %v to %v, expected %d rows", stacked.Shape(), shape, e.Trajectories*batch)
	}
	terms := make([]ops.Term, e.Trajectories)
	for i := range terms {
		part, err := ops.Block(y, i*batch, (i+1)*batch, 0, y.Shape()[1])
		if err != nil {
			return nil, err
		}
		terms[i] = ops.Term{X: part, C: 1 / float64(e.Trajectories)}
	}
	return ops.LinComb(terms, nil, nil)
}
