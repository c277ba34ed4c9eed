package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Augment returns the matrix x (batch, dim) with more columns on the right, a
// matrix (batch, dim + columns). They are zeros or, if there is a scalar c of the
// element type of x, all equal to that: the time as a channel of an image. With a
// column c (batch, 1) those of each row are equal to its entry. It is differentiated
// within dynamics alone, as the time of Affine is.
func Augment(x *gorgonia.Node, columns int, c *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "augment"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if columns <= 0 {
		return nil, errors.Errorf("%s by %d columns, expected a positive number", name, columns)
	}
	in := gorgonia.Nodes{x}
	if c != nil {
		if byRows(c) {
			err = expect(name, "the column", c, dt, m, 1)
		} else {
			err = expect(name, "the scalar", c, dt)
		}
		if err != nil {
			return nil, err
		}
		in = append(in, c)
	}
	o := newOp(name, dt, tensor.Shape{m, n + columns}, in...)
	if byRows(c) {
		o.byRows(in, augmentRows[float32], augmentRows[float64])
	} else {
		o.byLeadingRows(1, in, augmentRows[float32], augmentRows[float64])
	}
	o.wrt = []int{0}
	if c == nil {
		o.linear = []int{0}
	}
	if c != nil {
		o.times = []int{1}
	}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, len(in))
		if want[0] {
			if d[0], err = Block(g, 0, m, 0, n); err != nil {
				return nil, err
			}
		}
		if len(in) > 1 && want[1] {
			added, err := Block(g, 0, m, n, n+columns)
			if err != nil {
				return nil, err
			}
			if byRows(c) {
				d[1], err = rowTotal(added)
			} else {
				d[1], err = sum(added)
			}
			return d, err
		}
		return d, nil
	}
	return o.apply(in...)
}

func augmentRows[T raw.Float](dst, x, c, _ []T, rows int) {
	var v T
	if c != nil {
		v = c[0]
	}
	to, from := len(dst)/rows, len(x)/rows
	for i := range rows {
		if len(c) == rows {
			v = c[i]
		}
		row := dst[i*to : (i+1)*to]
		copy(row, x[i*from:(i+1)*from])
		for j := from; j < to; j++ {
			row[j] = v
		}
	}
}
