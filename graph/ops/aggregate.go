package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Total returns the sum of scalars of one element type and of a number initial,
// which is not differentiated: what a regularizer of all steps is (Eq. 9 and 11 of
// Pal et al.). Of columns (rows, 1) it is that of each row.
func Total(initial float64, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	o, err := newAggregate("total", terms)
	if err != nil {
		return nil, err
	}
	o.run = func(dst raw.Array, in []raw.Array) error {
		for i := range o.Shape().TotalSize() {
			s := initial
			for _, v := range in {
				s += entry(v, i)
			}
			setEntry(dst, i, s)
		}
		return nil
	}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d := make(gorgonia.Nodes, len(in))
		for i := range d {
			d[i] = g
		}
		return d, nil
	}
	return o.apply(terms...)
}

// Largest returns the largest of scalars of one element type and of a number
// initial. The gradient goes to the first largest term, and nowhere if initial is
// larger. Of columns (rows, 1) it is that of each row.
func Largest(initial float64, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	o, err := newAggregate("largest", terms)
	if err != nil {
		return nil, err
	}
	o.run = func(dst raw.Array, in []raw.Array) error {
		for i := range o.Shape().TotalSize() {
			s, _ := largest(initial, in, i)
			setEntry(dst, i, s)
		}
		return nil
	}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		winner, err := argMax(initial, in)
		if err != nil {
			return nil, err
		}
		d := make(gorgonia.Nodes, len(in))
		for i := range d {
			if d[i], err = maxGrad(i, winner, g); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return o.apply(terms...)
}

// newAggregate returns an operation on scalars or columns, all of which it is
// differentiated by.
func newAggregate(name string, terms gorgonia.Nodes) (*op, error) {
	if len(terms) == 0 {
		return nil, errors.Errorf("%s: no terms, expected at least one", name)
	}
	dt, shape, err := scalars(name, "a term", terms[0])
	if err != nil {
		return nil, err
	}
	var all []int
	for i, t := range terms {
		if err := expect(name, "a term", t, dt, shape...); err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	o := newOp(name, dt, shape, terms...)
	o.wrt = all
	return o, nil
}

// largest returns the largest of the i-th entries and of initial, and which term has it
// first, −1 if initial is larger than all.
func largest(initial float64, terms []raw.Array, i int) (best float64, at int) {
	best, at = initial, -1
	for j, v := range terms {
		if x := entry(v, i); x > best {
			best, at = x, j
		}
	}
	return best, at
}

// argMax returns the index of the first largest term, as a float64, −1 if initial is
// larger than all.
func argMax(initial float64, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	shape := terms[0].Shape()
	o := newOp("argmax", tensor.Float64, shape, terms...)
	o.run = func(dst raw.Array, in []raw.Array) error {
		for i := range shape.TotalSize() {
			_, at := largest(initial, in, i)
			setEntry(dst, i, float64(at))
		}
		return nil
	}
	return o.apply(terms...)
}

// maxGrad returns g where term i is the winner, else 0.
func maxGrad(i int, winner, g *gorgonia.Node) (*gorgonia.Node, error) {
	shape := g.Shape()
	o := newOp("maximum reverse", g.Dtype(), shape, winner, g)
	o.linear = []int{1}
	o.run = func(dst raw.Array, in []raw.Array) error {
		for r := range shape.TotalSize() {
			d := 0.0
			if int(entry(in[0], r)) == i {
				d = entry(in[1], r)
			}
			setEntry(dst, r, d)
		}
		return nil
	}
	return o.apply(winner, g)
}
