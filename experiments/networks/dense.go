package networks

import (
	"math/rand/v2"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
)

// dense is a dense layer to be declared.
type dense struct {
	to      **layers.Dense
	name    string
	in, out int
	act     layers.Activation
}

// declare declares dense layers in order.
func declare(p *graph.Params, rng *rand.Rand, all ...dense) error {
	for _, d := range all {
		var err error
		if *d.to, err = layers.NewDense(p, d.name, d.in, d.out, d.act, rng); err != nil {
			return err
		}
	}
	return nil
}
