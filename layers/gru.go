package layers

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// GRU is the gated recurrent unit of Cho et al. (2014): for a state h and an
// input x
//
//	u  = σ([h; x]·W_u + b_u)
//	r  = σ([h; x]·W_r + b_r)
//	n  = tanh([r⊙h; x]·W_n + b_n)
//	h' = (1−u)⊙n + u⊙h
type GRU struct {
	size    int
	u, r, n *pairDense
}

var _ Cell = (*GRU)(nil)

// NewGRU declares a gated recurrent unit from inputs (batch, in) to states
// (batch, size), with the parameters "name.u.wh" (size, size), "name.u.wx" (in,
// size) and "name.u.b", and those of r and n: weights Glorot uniform from rng,
// biases 0.
func NewGRU(p *graph.Params, name string, in, size int, rng *rand.Rand) (*GRU, error) {
	if err := checkCell(p, "GRU", name, rng, in, size); err != nil {
		return nil, err
	}
	c := &GRU{size: size}
	var err error
	if c.u, err = newPairDense(p, name+".u", size, in, size, Sigmoid, rng); err != nil {
		return nil, err
	}
	if c.r, err = newPairDense(p, name+".r", size, in, size, Sigmoid, rng); err != nil {
		return nil, err
	}
	c.n, err = newPairDense(p, name+".n", size, in, size, Tanh, rng)
	return c, err
}

// checkCell fails unless a cell can be declared.
func checkCell(p *graph.Params, kind, name string, rng *rand.Rand, sizes ...int) error {
	switch {
	case p == nil:
		return errors.Errorf("%s %q without parameters to add to", kind, name)
	case rng == nil:
		return errors.Errorf("%s %q without a random generator", kind, name)
	}
	for _, n := range sizes {
		if n <= 0 {
			return errors.Errorf("%s %q of sizes %v, expected positive ones", kind, name, sizes)
		}
	}
	return nil
}

// Size returns the dimension of the state.
func (c *GRU) Size() int { return c.size }

// Step adds the next state.
func (c *GRU) Step(s *graph.Scope, h, x *gorgonia.Node) (*gorgonia.Node, error) {
	u, err := c.u.forward(s, h, x)
	if err != nil {
		return nil, err
	}
	r, err := c.r.forward(s, h, x)
	if err != nil {
		return nil, err
	}
	if r, err = ops.Gate(r, h, nil); err != nil {
		return nil, err
	}
	n, err := c.n.forward(s, r, x)
	if err != nil {
		return nil, err
	}
	return ops.Gate(u, h, n)
}
