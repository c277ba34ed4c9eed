package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Mean returns the mean of all entries of a matrix, a scalar, summed in float64.
func Mean(x *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "mean"
	dt, _, _, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	c := 1 / float64(x.Shape().TotalSize())
	o := newOp(name, dt, tensor.ScalarShape(), x)
	o.run = pick(dt, meanRun[float32](c), meanRun[float64](c))
	o.linear = []int{0}
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		share, err := LinComb([]Term{{X: g, C: c}}, nil, nil)
		if err != nil {
			return nil, err
		}
		d, err := fill(share, in[0].Shape())
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

func meanRun[T raw.Float](c float64) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		var sum float64
		for _, x := range raw.Slice[T](in[0]) {
			sum += float64(x)
		}
		setScalar(dst, c*sum)
		return nil
	}
}
