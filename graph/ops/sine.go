package ops

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Sin returns the sine of a matrix, elementwise.
func Sin(x *gorgonia.Node) (*gorgonia.Node, error) {
	return wave("sin", x, sineRows[float32], sineRows[float64], 1, Cos)
}

// Cos returns the cosine of a matrix, elementwise.
func Cos(x *gorgonia.Node) (*gorgonia.Node, error) {
	return wave("cos", x, cosineRows[float32], cosineRows[float64], -1, Sin)
}

// wave returns the function given by its rows, whose derivative is c times
// another one.
func wave(name string, x *gorgonia.Node, f32 rowFunc[float32], f64 rowFunc[float64], c float64, other func(*gorgonia.Node) (*gorgonia.Node, error)) (*gorgonia.Node, error) {
	dt, _, _, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	o := newOp(name, dt, x.Shape(), x)
	o.byRows(gorgonia.Nodes{x}, f32, f64)
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		slope, err := other(in[0])
		if err != nil {
			return nil, err
		}
		d, err := ProductSum([]Product{{C: c, X: g, Y: slope}})
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

func sineRows[T raw.Float](dst, x, _, _ []T, _ int) {
	for i, v := range x {
		dst[i] = T(math.Sin(float64(v)))
	}
}

func cosineRows[T raw.Float](dst, x, _, _ []T, _ int) {
	for i, v := range x {
		dst[i] = T(math.Cos(float64(v)))
	}
}
