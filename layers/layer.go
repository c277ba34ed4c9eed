// Package layers builds models from expressions.
//
// A Layer is anything that maps a node to a node: one of the layers here, or
// any function of Gorgonia operations wrapped in a LayerFunc. Layers compose
// with Chain, serve as the dynamics of a differential equation, and stand
// before, after and between differential equations: a NeuralODE, or a NeuralSDE,
// is a layer like any other.
//
// A layer declares its parameters on a graph.Params when it is made and asks
// the scope for their nodes when it is applied, so that one layer can be traced
// into many graphs. Randomness comes from the generator passed in. States are
// matrices (batch, dim), and images their rows, see Image. An error names the layer
// and the shapes that do not fit.
//
// The dynamics z' = tanh(z·W1 + b1)·W2 + b2, solved from 0 to 1 and read out by an
// affine layer:
//
//	hidden, err := layers.NewDense(params, "hidden", 2, 16, layers.Tanh, rng)
//	slope, err := layers.NewDense(params, "slope", 16, 2, layers.Identity, rng)
//	node, err := layers.NewNeuralODE(params, layers.Chain{hidden, slope}, 0, 1, integrators.Tsit5, nil)
//	readout, err := layers.NewDense(params, "readout", 2, 10, layers.Identity, rng)
//	model := layers.Chain{node, readout} // (batch, 2) to (batch, 10)
//
// Apply the model in the builder of a graph.Objective to train it, and in that of a
// graph.Predictor to use it.
//
// The smooth layers also propagate Taylor coefficients, see Taylor and
// TaylorIntegrand.
//
// To add a layer, write a type with a Forward method of stock Gorgonia
// operations, as the example of Layer does: it predicts, trains and checkpoints
// like the layers here.
package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// A Layer adds an expression of x (batch, in) to the graph of s and returns its
// result (batch, out). It must add the same nodes every time for the same
// shapes. Time-dependent layers take the time from s.Time.
//
// An error of Forward, or its panic, comes back from graph.NewPredictor and from
// the first evaluation of a graph.Objective.
type Layer interface {
	// Forward adds the nodes. An error should name the layer and the shape that it
	// expected.
	Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error)
}

// LayerFunc is a function as a layer.
type LayerFunc func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error)

// Forward calls f, whose shapes and errors are those of Layer.
func (f LayerFunc) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if f == nil {
		return nil, errors.New("layer function is nil")
	}
	return f(s, x)
}

// Chain applies layers one after the other.
type Chain []Layer

var _, _ Layer = LayerFunc(nil), Chain(nil)

// Forward applies the layers in order. The error of a layer names its position.
func (c Chain) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if x == nil {
		return nil, errors.New("chain of layers on x that is nil")
	}
	for i, l := range c {
		if l == nil {
			return nil, errors.Errorf("layer %d of the chain is nil", i+1)
		}
		y, err := l.Forward(s, x)
		if err != nil {
			return nil, errors.Wrapf(err, "layer %d of the chain, on %v", i+1, x.Shape())
		}
		if y == nil {
			return nil, errors.Errorf("layer %d of the chain returned nil", i+1)
		}
		x = y
	}
	return x, nil
}

// given fails unless there are a scope and a node to work on.
func given(what string, s *graph.Scope, name string, n *gorgonia.Node) error {
	switch {
	case s == nil:
		return errors.Errorf("%s: scope is nil", what)
	case n == nil:
		return errors.Errorf("%s: %s is nil", what, name)
	}
	return nil
}
