package ops

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// NormalLogDensity returns the log density of a standard normal distribution at the
// rows of z (batch, dim),
//
//	log N(z; 0, I) = −½ |z|² − ½ dim·log 2π
//
// as (batch, 1). Each is summed in float64.
func NormalLogDensity(z *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "normal log density"
	dt, m, _, err := matrix(name, "z", z)
	if err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.Shape{m, 1}, z)
	o.byRows(gorgonia.Nodes{z}, normalLogDensity[float32], normalLogDensity[float64])
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := gateTimes(g, in[0], -1)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(z)
}

func normalLogDensity[T raw.Float](dst, z, _, _ []T, rows int) {
	n := len(z) / rows
	constant := float64(n) * math.Log(2*math.Pi)
	for i := range dst {
		dst[i] = T(-(kernel.SumSq(z[i*n:(i+1)*n]) + constant) / 2)
	}
}
