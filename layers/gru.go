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
	size                     int
	update, reset, candidate *pairDense
}

var _ Cell = (*GRU)(nil)

// NewGRU declares a gated recurrent unit from inputs (batch, in) to states
// (batch, size), with parameters "name.update", "name.reset" and
// "name.candidate", each of them ".wh", ".wx" and ".b": weights Glorot uniform
// from rng, biases 0.
func NewGRU(p *graph.Params, name string, in, size int, rng *rand.Rand) (*GRU, error) {
	if err := checkCell(p, "GRU", name, rng, in, size); err != nil {
		return nil, err
	}
	c := &GRU{size: size}
	for _, l := range []struct {
		layer **pairDense
		name  string
		act   ops.Activation
	}{{&c.update, "update", ops.Sigmoid}, {&c.reset, "reset", ops.Sigmoid}, {&c.candidate, "candidate", ops.Tanh}} {
		var err error
		if *l.layer, err = newPairDense(p, name+"."+l.name, size, in, size, l.act, rng); err != nil {
			return nil, err
		}
	}
	return c, nil
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
	u, err := c.update.forward(s, h, x)
	if err != nil {
		return nil, err
	}
	return gated(s, h, x, u, c.reset, c.candidate)
}

// pairLayer is a layer on a state and an input.
type pairLayer interface {
	forward(s *graph.Scope, h, x *gorgonia.Node) (*gorgonia.Node, error)
}

// gated adds the next state of a gated recurrent unit with the update gate u:
// u⊙h + (1−u)⊙n, with the candidate n from r⊙h and x.
func gated(s *graph.Scope, h, x, u *gorgonia.Node, reset, candidate pairLayer) (*gorgonia.Node, error) {
	r, err := reset.forward(s, h, x)
	if err != nil {
		return nil, err
	}
	if r, err = ops.Gate(r, h, nil); err != nil {
		return nil, err
	}
	n, err := candidate.forward(s, r, x)
	if err != nil {
		return nil, err
	}
	return ops.Gate(u, h, n)
}
