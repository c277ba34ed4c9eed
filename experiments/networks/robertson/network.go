package robertson

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/layers"
)

// Network is a right-hand side that knows nothing of the reactions but that species are
// produced and lost,
//
//	du/dt = exp(p(u)) - exp(q(u)) ⊙ u
//
// with p and q outputs of a network. What it computes are logarithms of rates, so that
// weights of ordinary size span all decades, and concentrations stay positive.
type Network struct {
	hidden           layers.Chain
	production, loss *layers.Dense
}

const (
	hidden   = 16 // units of each of the two hidden layers
	exponent = 4  // factor on the outputs of the network
)

// NewNetwork declares the network, with the layers "hidden.1", "hidden.2", "production" and
// "loss".
func NewNetwork(p *graph.Params, rng *rand.Rand) (*Network, error) {
	n := &Network{}
	for _, l := range []struct {
		name string
		in   int
	}{{"hidden.1", Dim}, {"hidden.2", hidden}} {
		d, err := layers.NewDense(p, l.name, l.in, hidden, layers.Tanh, rng)
		if err != nil {
			return nil, err
		}
		n.hidden = append(n.hidden, d)
	}
	var err error
	if n.production, err = layers.NewDense(p, "production", hidden, Dim, layers.Identity, rng); err != nil {
		return nil, err
	}
	n.loss, err = layers.NewDense(p, "loss", hidden, Dim, layers.Identity, rng)
	return n, err
}

// Forward adds the slope of the state u (1, 3).
func (n *Network) Forward(s *graph.Scope, u *gorgonia.Node) (*gorgonia.Node, error) {
	h, err := n.hidden.Forward(s, u)
	if err != nil {
		return nil, err
	}
	produced, err := rate(s, n.production, h)
	if err != nil {
		return nil, err
	}
	lost, err := rate(s, n.loss, h)
	if err != nil {
		return nil, err
	}
	return ops.ProductSum([]ops.Product{{C: 1, X: produced}, {C: -1, X: lost, Y: u}})
}

// rate adds the rates of which an output layer computes logarithms.
func rate(s *graph.Scope, output *layers.Dense, h *gorgonia.Node) (*gorgonia.Node, error) {
	y, err := output.Forward(s, h)
	if err != nil {
		return nil, err
	}
	if y, err = ops.LinComb([]ops.Term{{X: y, C: exponent}}, nil, nil); err != nil {
		return nil, err
	}
	return ops.Activate(ops.Exp, y)
}
