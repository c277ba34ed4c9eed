package layers

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Activation is an elementwise function as a layer of its own. Behind a dense
// layer, the layer's own activation is cheaper.
type Activation ops.Activation

// The elementwise layers.
const (
	Tanh     = Activation(ops.Tanh)
	Sigmoid  = Activation(ops.Sigmoid)
	Softplus = Activation(ops.Softplus)
	ReLU     = Activation(ops.ReLU)
	Exp      = Activation(ops.Exp)
)

// Forward applies the function.
func (a Activation) Forward(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	return ops.Activate(ops.Activation(a), x)
}

var _ Layer = Tanh
