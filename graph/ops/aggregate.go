package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Total returns the sum of scalars of one element type and of a number initial,
// which is not differentiated: what a regularizer of all steps is (Eq. 9 and 11 of
// Pal et al.).
func Total(initial float64, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	o, err := newAggregate("total", terms)
	if err != nil {
		return nil, err
	}
	o.run = func(dst raw.Array, in []raw.Array) error {
		s := initial
		for _, v := range in {
			s += v.Float64()
		}
		setScalar(dst, s)
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
// larger.
func Largest(initial float64, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	o, err := newAggregate("largest", terms)
	if err != nil {
		return nil, err
	}
	o.run = func(dst raw.Array, in []raw.Array) error {
		s := initial
		for _, v := range in {
			if x := v.Float64(); x > s {
				s = x
			}
		}
		setScalar(dst, s)
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

// newAggregate returns an operation on scalars, all of which it is differentiated by.
func newAggregate(name string, terms gorgonia.Nodes) (*op, error) {
	if len(terms) == 0 {
		return nil, errors.Errorf("%s: no terms, expected at least one", name)
	}
	dt, err := floats(name, "a term", terms[0])
	if err != nil {
		return nil, err
	}
	var all []int
	for i, t := range terms {
		if err := expect(name, "a term", t, dt); err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	o := newOp(name, dt, tensor.ScalarShape(), terms...)
	o.wrt = all
	return o, nil
}

// argMax returns the index of the first largest term as a scalar, −1 if
// initial is larger than all.
func argMax(initial float64, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	o := newOp("argmax", tensor.Float64, tensor.ScalarShape(), terms...)
	o.run = func(dst raw.Array, in []raw.Array) error {
		best, at := initial, -1
		for j, v := range in {
			if x := v.Float64(); x > best {
				best, at = x, j
			}
		}
		setScalar(dst, float64(at))
		return nil
	}
	return o.apply(terms...)
}

// maxGrad returns g if term i is the winner, else 0.
func maxGrad(i int, winner, g *gorgonia.Node) (*gorgonia.Node, error) {
	o := newOp("maximum reverse", g.Dtype(), tensor.ScalarShape(), winner, g)
	o.linear = []int{1}
	o.run = func(dst raw.Array, in []raw.Array) error {
		d := 0.0
		if int(in[0].Float64()) == i {
			d = in[1].Float64()
		}
		setScalar(dst, d)
		return nil
	}
	return o.apply(winner, g)
}
