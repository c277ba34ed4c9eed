package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Quotient returns x/y, elementwise, for two matrices of one shape.
func Quotient(x, y *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "quotient"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "y", y, dt, m, n); err != nil {
		return nil, err
	}
	o := newOp(name, dt, x.Shape(), x, y)
	o.byRows(gorgonia.Nodes{x, y}, quotientRows[float32], quotientRows[float64])
	o.linear = []int{0}
	o.wrt = []int{0, 1}
	o.diff = func(in gorgonia.Nodes, out, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		dx, err := Quotient(g, in[1])
		if err != nil {
			return nil, err
		}
		dy, err := ProductSum([]Product{{C: -1, X: dx, Y: out}})
		return gorgonia.Nodes{dx, dy}, err
	}
	return o.apply(x, y)
}

func quotientRows[T raw.Float](dst, x, y, _ []T, _ int) {
	for i, v := range x {
		dst[i] = v / y[i]
	}
}
