package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/raw"
)

// held is so large that its sigmoid is 1, in both precisions.
const held = 100

// Hold returns the update gate u (batch, dim) before its sigmoid, but 100 in the
// rows where nothing is observed, so that the gate is 1 and the state stays what
// it was: those in which no column of x (batch, in) from the given one on is
// above 0. x is data that the reverse pass does not differentiate.
func Hold(u, x *gorgonia.Node, from int) (*gorgonia.Node, error) {
	const name = "hold"
	dt, m, _, err := matrix(name, "u", u)
	if err != nil {
		return nil, err
	}
	_, _, k, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "x", x, dt, m, k); err != nil {
		return nil, err
	}
	if from < 0 || from >= k {
		return nil, errors.Errorf("%s: columns from %d on, expected some of a matrix (%d, %d)", name, from, m, k)
	}
	in := gorgonia.Nodes{u, x}
	o := newOp(name, dt, u.Shape(), in...)
	o.byRows(in, holdRows[float32](from, held), holdRows[float64](from, held))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := holdGrad(g, in[1], from)
		return gorgonia.Nodes{d, nil}, err
	}
	return o.apply(in...)
}

// holdGrad returns g (batch, dim) with zeros in the rows where nothing is observed.
func holdGrad(g, x *gorgonia.Node, from int) (*gorgonia.Node, error) {
	in := gorgonia.Nodes{g, x}
	o := newOp("hold reverse", g.Dtype(), g.Shape(), in...)
	o.byRows(in, holdRows[float32](from, 0), holdRows[float64](from, 0))
	o.linear = []int{0}
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, p *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := holdGrad(p, in[1], from)
		return gorgonia.Nodes{d, nil}, err
	}
	return o.apply(in...)
}

// holdRows copies u to rows with something observed and fills the others.
func holdRows[T raw.Float](from int, fill T) rowFunc[T] {
	return func(dst, u, x, _ []T, rows int) {
		n, k := len(dst)/rows, len(x)/rows
		copy(dst, u)
		for i := range rows {
			if row := x[i*k:][from:k]; !positive(row) {
				for j := range n {
					dst[i*n+j] = fill
				}
			}
		}
	}
}

// positive reports whether an element of x is above 0. It looks at the last one
// first, the time to the next observation, which mostly is.
func positive[T raw.Float](x []T) bool {
	for j := len(x) - 1; j >= 0; j-- {
		if x[j] > 0 {
			return true
		}
	}
	return false
}
