package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// scalarOp returns f(x, h) with derivative df(x, h, g) = g·∂f/∂x, of scalars or of the
// entries of columns (rows, 1).
func scalarOp(name string, x, h *gorgonia.Node, f func(x, h float64) float64, df func(x, h, g float64) float64) (*gorgonia.Node, error) {
	dt, shape, err := scalars(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "h", h, tensor.Float64, shape...); err != nil {
		return nil, err
	}
	o := newOp(name, dt, shape, x, h)
	o.run = pick(dt, scalarRun[float32](f), scalarRun[float64](f))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp(name+" reverse", dt, shape, in[0], in[1], g)
		r.linear = []int{2}
		r.run = pick(dt, scalarGradRun[float32](df), scalarGradRun[float64](df))
		d, err := r.apply(in[0], in[1], g)
		return gorgonia.Nodes{d, nil}, err
	}
	return o.apply(x, h)
}

// scalars returns the element type and shape of x, which must be a scalar or a column.
func scalars(name, arg string, x *gorgonia.Node) (tensor.Dtype, tensor.Shape, error) {
	dt, err := floats(name, arg, x)
	if err != nil {
		return dt, nil, err
	}
	shape := tensor.ScalarShape()
	if byRows(x) {
		shape = tensor.Shape{x.Shape()[0], 1}
	}
	return dt, shape, expect(name, arg, x, dt, shape...)
}

func scalarRun[T raw.Float](f func(x, h float64) float64) operation.Kernel {
	return func(dst raw.Array, in []raw.Array) error {
		y, x, h := raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[float64](in[1])
		for i := range y {
			y[i] = T(f(float64(x[i]), h[i]))
		}
		return nil
	}
}

func scalarGradRun[T raw.Float](df func(x, h, g float64) float64) operation.Kernel {
	return func(dst raw.Array, in []raw.Array) error {
		y, x, h, g := raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[float64](in[1]), raw.Slice[T](in[2])
		for i := range y {
			y[i] = T(df(float64(x[i]), h[i], float64(g[i])))
		}
		return nil
	}
}

func setScalar(dst raw.Array, x float64) {
	if dst.Single() {
		raw.Slice[float32](dst)[0] = float32(x)
		return
	}
	raw.Slice[float64](dst)[0] = x
}
