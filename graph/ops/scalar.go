package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// scalarOp returns f(x, h) with derivative df(x, h, g) = g·∂f/∂x.
func scalarOp(name string, x, h *gorgonia.Node, f func(x, h float64) float64, df func(x, h, g float64) float64) (*gorgonia.Node, error) {
	dt, err := floats(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "x", x, dt); err != nil {
		return nil, err
	}
	if err := expect(name, "h", h, tensor.Float64); err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.ScalarShape(), x, h)
	o.run = func(dst raw.Array, in []raw.Array) error {
		setScalar(dst, f(in[0].Float64(), in[1].Float64()))
		return nil
	}
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp(name+" reverse", dt, tensor.ScalarShape(), in[0], in[1], g)
		r.linear = []int{2}
		r.run = func(dst raw.Array, in []raw.Array) error {
			setScalar(dst, df(in[0].Float64(), in[1].Float64(), in[2].Float64()))
			return nil
		}
		d, err := r.apply(in[0], in[1], g)
		return gorgonia.Nodes{d, nil}, err
	}
	return o.apply(x, h)
}

func setScalar(dst raw.Array, x float64) {
	if dst.Single() {
		raw.Slice[float32](dst)[0] = float32(x)
		return
	}
	raw.Slice[float64](dst)[0] = x
}
