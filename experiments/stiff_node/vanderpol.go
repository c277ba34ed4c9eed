package main

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// vanDerPol returns the oscillator of van der Pol, x” = μ(1 - x²)x' - x, for states
// (x, x'): for large μ it moves slowly for a time of about 0.8 μ and then jumps within
// one of about 1/μ.
func vanDerPol(mu float64) field {
	return func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		batch := z.Shape()[0]
		x, err := ops.Block(z, 0, batch, 0, 1)
		if err != nil {
			return nil, err
		}
		v, err := ops.Block(z, 0, batch, 1, 2)
		if err != nil {
			return nil, err
		}
		xv, err := gorgonia.HadamardProd(x, v)
		if err != nil {
			return nil, err
		}
		slope, err := ops.ProductSum([]ops.Product{{C: mu, X: v}, {C: -mu, X: x, Y: xv}, {C: -1, X: x}})
		if err != nil {
			return nil, err
		}
		return ops.Beside(v, slope)
	}
}
