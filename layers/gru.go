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
	size             int
	gates, candidate *pairDense
}

var _ Cell = (*GRU)(nil)

// NewGRU declares a gated recurrent unit from inputs (batch, in) to states
// (batch, size), with the parameters "name.gates.wh" (size, 2·size),
// "name.gates.wx" (in, 2·size) and "name.gates.b" of the update and the reset
// gate side by side, and "name.candidate.wh" (size, size) and so on: weights
// Glorot uniform from rng, biases 0.
func NewGRU(p *graph.Params, name string, in, size int, rng *rand.Rand) (*GRU, error) {
	if err := checkCell(p, "GRU", name, rng, in, size); err != nil {
		return nil, err
	}
	c := &GRU{size: size}
	var err error
	if c.gates, err = newPairDense(p, name+".gates", size, in, size, 2, ops.Sigmoid, rng); err != nil {
		return nil, err
	}
	c.candidate, err = newPairDense(p, name+".candidate", size, in, size, 1, ops.Tanh, rng)
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
	gates, err := c.gates.forward(s, h, x)
	if err != nil {
		return nil, err
	}
	u, r, err := halves(gates)
	if err != nil {
		return nil, err
	}
	if r, err = ops.Gate(r, h, nil); err != nil {
		return nil, err
	}
	n, err := c.candidate.forward(s, r, x)
	if err != nil {
		return nil, err
	}
	return ops.Gate(u, h, n)
}

// halves returns the left and the right half of a matrix: two gates that were
// computed side by side.
func halves(x *gorgonia.Node) (left, right *gorgonia.Node, err error) {
	m, n := x.Shape()[0], x.Shape()[1]
	if left, err = ops.Block(x, 0, m, 0, n/2); err != nil {
		return nil, nil, err
	}
	right, err = ops.Block(x, 0, m, n/2, n)
	return left, right, err
}
