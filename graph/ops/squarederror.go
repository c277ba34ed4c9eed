package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// SquaredError returns c·Σ (x − y)² over all entries of two matrices of one
// shape, a scalar: the sum of squares for c = 1, their mean for c = 1/size.
func SquaredError(x, y *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	const name = "squared error"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "y", y, dt, m, n); err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.ScalarShape(), x, y)
	o.run = pick(dt, squaredErrorRun[float32](c), squaredErrorRun[float64](c))
	o.wrt = []int{0, 1}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("squared error reverse", dt, tensor.Shape{m, n}, in[0], in[1], g)
		r.run = pick(dt, squaredErrorGradRun[float32](c), squaredErrorGradRun[float64](c))
		r.linear = []int{2}
		dx, err := r.apply(in[0], in[1], g)
		if err != nil {
			return nil, err
		}
		dy, err := LinComb([]Term{{X: dx, C: -1}}, nil, nil)
		return gorgonia.Nodes{dx, dy}, err
	}
	return o.apply(x, y)
}

func squaredErrorRun[T raw.Float](c float64) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		raw.Slice[T](dst)[0] = T(c * kernel.DiffSumSq(raw.Slice[T](in[0]), raw.Slice[T](in[1])))
		return nil
	}
}

func squaredErrorGradRun[T raw.Float](c float64) func(raw.Array, []raw.Array) error {
	coef, xs := make([]T, 2), make([][]T, 2)
	return func(dst raw.Array, in []raw.Array) error {
		f := T(2 * c * in[2].Float64())
		coef[0], coef[1] = f, -f
		xs[0], xs[1] = raw.Slice[T](in[0]), raw.Slice[T](in[1])
		kernel.LinComb(raw.Slice[T](dst), coef, xs, false)
		return nil
	}
}
