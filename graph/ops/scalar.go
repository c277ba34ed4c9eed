package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

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
	o.run = func(dst raw.Array, in []raw.Array) error {
		h := raw.Slice[float64](in[1])
		for i := range h {
			setEntry(dst, i, f(entry(in[0], i), h[i]))
		}
		return nil
	}
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp(name+" reverse", dt, shape, in[0], in[1], g)
		r.linear = []int{2}
		r.run = func(dst raw.Array, in []raw.Array) error {
			h := raw.Slice[float64](in[1])
			for i := range h {
				setEntry(dst, i, df(entry(in[0], i), h[i], entry(in[2], i)))
			}
			return nil
		}
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

// entry returns the i-th entry of a column, or a scalar.
func entry(v raw.Array, i int) float64 {
	if v.Single() {
		return float64(raw.Slice[float32](v)[i])
	}
	return raw.Slice[float64](v)[i]
}

func setEntry(dst raw.Array, i int, x float64) {
	if dst.Single() {
		raw.Slice[float32](dst)[i] = float32(x)
		return
	}
	raw.Slice[float64](dst)[i] = x
}

func setScalar(dst raw.Array, x float64) {
	if dst.Single() {
		raw.Slice[float32](dst)[0] = float32(x)
		return
	}
	raw.Slice[float64](dst)[0] = x
}
