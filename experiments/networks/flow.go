package networks

import (
	"fmt"
	"math/rand/v2"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
)

// NewFlow declares the dynamics of a continuous normalizing flow of dim columns, to be
// solved over [0, 1] by layers.NewCNF: concat-squash layers "dynamics.1", "dynamics.2", …
// with hidden layers of so many units, and the last one without activation. In the plane
// ffjord has units {16, 16} with Softplus, and with -arch ffjord {64, 64, 64} with Tanh.
func NewFlow(p *graph.Params, dim int, units []int, act layers.Activation, rng *rand.Rand) (layers.Chain, error) {
	var chain layers.Chain
	in := dim
	add := func(units int, act layers.Activation) error {
		l, err := layers.NewConcatSquash(p, fmt.Sprintf("dynamics.%d", len(chain)+1), in, units, act, rng)
		chain, in = append(chain, l), units
		return err
	}
	for _, n := range units {
		if err := add(n, act); err != nil {
			return nil, err
		}
	}
	err := add(dim, layers.Identity)
	return chain, err
}
