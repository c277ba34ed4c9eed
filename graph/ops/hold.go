package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/value"
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
		return nil, errors.Errorf("%s: columns from %d of a matrix (%d, %d)", name, from, m, k)
	}
	in := gorgonia.Nodes{u, x}
	o := newOp(name, dt, u.Shape(), in...)
	o.byRows(in, holdRow[float32](from, held), holdRow[float64](from, held))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
		args := gorgonia.Nodes{g, in[1]}
		r := newOp("hold reverse", dt, in[0].Shape(), args...)
		r.byRows(args, holdRow[float32](from, 0), holdRow[float64](from, 0))
		r.linear = []int{0}
		d, err := r.apply(args...)
		return gorgonia.Nodes{d, nil}, err
	}
	return o.apply(in...)
}

// holdRow copies u to rows with something observed and fills the others.
func holdRow[T value.Float](from int, fill T) rowFunc[T] {
	return func(dst, u, x, _ []T) {
		for j := len(x) - 1; j >= from; j-- { // the time to the next is last, and mostly above 0
			if x[j] > 0 {
				copy(dst, u)
				return
			}
		}
		for j := range dst {
			dst[j] = fill
		}
	}
}
