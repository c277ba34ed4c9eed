package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// MeanSquare returns the mean of x² over all entries of a matrix, a scalar,
// summed in float64.
func MeanSquare(x *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "mean square"
	dt, _, _, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	c := 1 / float64(x.Shape().TotalSize())
	o := newOp(name, dt, tensor.ScalarShape(), x)
	o.run = pick(dt, meanSquareRun[float32](c), meanSquareRun[float64](c))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("mean square reverse", dt, in[0].Shape(), in[0], g)
		r.run = pick(dt, meanSquareGradRun[float32](c), meanSquareGradRun[float64](c))
		r.linear = []int{0, 1}
		d, err := r.apply(in[0], g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

func meanSquareRun[T raw.Float](c float64) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		raw.Slice[T](dst)[0] = T(c * kernel.SumSq(raw.Slice[T](in[0])))
		return nil
	}
}

func meanSquareGradRun[T raw.Float](c float64) func(raw.Array, []raw.Array) error {
	coef, xs := make([]T, 1), make([][]T, 1)
	return func(dst raw.Array, in []raw.Array) error {
		coef[0], xs[0] = T(2*c*in[1].Float64()), raw.Slice[T](in[0])
		kernel.LinComb(raw.Slice[T](dst), coef, xs, false)
		return nil
	}
}
