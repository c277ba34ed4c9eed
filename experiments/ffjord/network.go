package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
)

// architecture chooses the network of the dynamics.
var architecture = trainer.Option{
	Name:   "arch",
	Usage:  "`network` of the official code, or the larger one of FFJORD's",
	Values: []string{"code", "ffjord"},
}

// A network is hidden layers of so many units with an activation.
type network struct {
	units      []int
	activation layers.Activation
}

// networks are those of an architecture, in the plane and for the file of -data.
var networks = map[string]struct{ plane, file network }{
	"code":   {network{[]int{16, 16}, layers.Softplus}, network{[]int{100, 100}, layers.Softplus}},
	"ffjord": {network{[]int{64, 64, 64}, layers.Tanh}, network{[]int{860, 860}, layers.Softplus}},
}

// layers declares the network of concat-squash layers from as many columns to as many,
// the last one without activation.
func (n network) layers(p *graph.Params, dim int, rng *rand.Rand) (layers.Chain, error) {
	var chain layers.Chain
	in := dim
	add := func(units int, act layers.Activation) error {
		l, err := layers.NewConcatSquash(p, fmt.Sprintf("dynamics.%d", len(chain)+1), in, units, act, rng)
		chain, in = append(chain, l), units
		return err
	}
	for _, units := range n.units {
		if err := add(units, n.activation); err != nil {
			return nil, err
		}
	}
	err := add(dim, layers.Identity)
	return chain, err
}
