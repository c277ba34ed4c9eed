package layers

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Augment is the layer [x, 0] from (batch, dim) to (batch, dim + Augment), which
// adds so many columns of zeros. Before a NeuralODE it makes an augmented neural
// ODE (Dupont, Doucet and Teh, NeurIPS 2019), whose trajectories can pass each
// other in the dimensions that it adds.
type Augment int

var _ Taylor = Augment(1)

// Forward adds the columns, at least one.
func (a Augment) Forward(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	return ops.Augment(x, int(a), nil)
}

// Series expands the layer, which is linear.
func (a Augment) Series() (Series, error) { return a.Forward, nil }
