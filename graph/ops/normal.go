package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// NormalLogDensity returns the log density of a normal distribution of mean 0 and
// standard deviation σ at the rows of z (batch, dim),
//
//	log N(z; 0, σ²I) = −½ |z|²/σ² − ½ dim·log 2πσ²
//
// as (batch, 1). Each is summed in float64.
func NormalLogDensity(z *gorgonia.Node, sigma float64) (*gorgonia.Node, error) {
	const name = "normal log density"
	dt, m, _, err := matrix(name, "z", z)
	if err != nil {
		return nil, err
	}
	variance := sigma * sigma
	if !(sigma > 0 && variance > 0) || math.IsInf(variance, 0) {
		return nil, errors.Errorf("%s: standard deviation %v, expected a positive number, and so its square", name, sigma)
	}
	o := newOp(name, dt, tensor.Shape{m, 1}, z)
	o.byRows(gorgonia.Nodes{z}, normalLogDensity[float32](variance), normalLogDensity[float64](variance))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := gateTimes(g, in[0], -1/variance)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(z)
}

func normalLogDensity[T raw.Float](variance float64) rowFunc[T] {
	return func(dst, z, _, _ []T, rows int) {
		n := len(z) / rows
		constant := float64(n) * math.Log(2*math.Pi*variance)
		for i := range dst {
			dst[i] = T(-(kernel.SumSq(z[i*n:(i+1)*n])/variance + constant) / 2)
		}
	}
}
