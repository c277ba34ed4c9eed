package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Squash returns the rows of x (batch, dim) times a gate (dim), elementwise, plus a
// shift (dim), which may be nil: how a concat-squash layer depends on time
// (Grathwohl et al., FFJORD, 2019). Gate and shift may also be matrices (batch, dim), a
// row for each row of x.
func Squash(x, gate, shift *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "squash"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	shape := []int{n}
	if byRows(gate) {
		shape = []int{m, n}
	}
	if err := expect(name, "the gate", gate, dt, shape...); err != nil {
		return nil, err
	}
	in := gorgonia.Nodes{x, gate}
	if shift != nil {
		if err := expect(name, "the shift", shift, dt, shape...); err != nil {
			return nil, err
		}
		in = append(in, shift)
	}
	o := newOp(name, dt, x.Shape(), in...)
	if byRows(gate) {
		o.byRows(in, squashEntries[float32], squashEntries[float64])
	} else {
		o.byLeadingRows(1, in, squashRows[float32], squashRows[float64])
	}
	for i := range in {
		o.wrt = append(o.wrt, i)
	}
	if shift == nil {
		o.linear = []int{0, 1}
	}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, len(in))
		if want[0] {
			if d[0], err = Squash(g, in[1], nil); err != nil {
				return nil, err
			}
		}
		if want[1] {
			p, err := ProductSum([]Product{{C: 1, X: in[0], Y: g}})
			if err != nil {
				return nil, err
			}
			if d[1] = p; !byRows(gate) {
				if d[1], err = colSum(p); err != nil {
					return nil, err
				}
			}
		}
		if len(in) > 2 && want[2] {
			if d[2] = g; !byRows(gate) {
				d[2], err = colSum(g)
			}
		}
		return d, err
	}
	return o.apply(in...)
}

func squashRows[T raw.Float](dst, x, gate, shift []T, rows int) {
	n := len(gate)
	for i := range rows {
		to, from := dst[i*n:][:n], x[i*n:][:n]
		for j, c := range gate {
			to[j] = from[j] * c
		}
		for j, b := range shift {
			to[j] += b
		}
	}
}

// squashEntries is squashRows for a gate and a shift of every row.
func squashEntries[T raw.Float](dst, x, gate, shift []T, _ int) {
	for i, c := range gate {
		dst[i] = x[i] * c
	}
	for i, b := range shift {
		dst[i] += b
	}
}
