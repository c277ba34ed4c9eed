package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Beside returns the columns of x (batch, m) followed by those of y (batch, n), a
// matrix (batch, m + n).
func Beside(x, y *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "beside"
	dt, rows, m, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	_, _, n, err := matrix(name, "y", y)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "y", y, dt, rows, n); err != nil {
		return nil, err
	}
	in := gorgonia.Nodes{x, y}
	o := newOp(name, dt, tensor.Shape{rows, m + n}, in...)
	o.byRows(in, besideRows[float32], besideRows[float64])
	o.wrt = []int{0, 1}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, 2)
		if want[0] {
			if d[0], err = Block(g, 0, rows, 0, m); err != nil {
				return nil, err
			}
		}
		if want[1] {
			d[1], err = Block(g, 0, rows, m, m+n)
		}
		return d, err
	}
	return o.apply(in...)
}

func besideRows[T raw.Float](dst, x, y, _ []T, rows int) {
	m, n := len(x)/rows, len(y)/rows
	for i := range rows {
		row := dst[i*(m+n):]
		copy(row[:m], x[i*m:])
		copy(row[m:m+n], y[i*n:])
	}
}
