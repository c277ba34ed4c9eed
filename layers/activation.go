package layers

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Activation is an elementwise function: that of a dense layer or a convolution, and
// a layer of its own, which costs more than as a part of another.
type Activation ops.Activation

// The activations.
const (
	Identity = Activation(ops.Identity)
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

// String returns the name of the function, for example "tanh".
func (a Activation) String() string { return ops.Activation(a).String() }
