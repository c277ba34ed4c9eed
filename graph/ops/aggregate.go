package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/value"
)

// Aggregation says how the terms of the steps become one regularizer.
type Aggregation uint8

// The aggregations of a regularizer. Sum is the paper's (Eq. 9 and 11), Mean
// and Max are those of the official code.
const (
	Sum Aggregation = iota
	Mean
	Max
)

// String returns "sum", "mean" or "max".
func (a Aggregation) String() string {
	switch a {
	case Sum:
		return "sum"
	case Mean:
		return "mean"
	case Max:
		return "max"
	}
	return fmt.Sprintf("Aggregation(%d)", uint8(a))
}

// Aggregate returns the sum, mean or maximum of scalars of one element type.
// A value initial, which is not differentiated, counts as one more term: the
// official code records one entry before the first step. The gradient of Max
// goes to the first largest term, and nowhere if initial is larger.
func Aggregate(a Aggregation, initial float64, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	name := "aggregate " + a.String()
	if a > Max {
		return nil, errors.Errorf("unknown aggregation %d", a)
	}
	if len(terms) == 0 {
		return nil, errors.Errorf("%s: no terms", name)
	}
	dt, err := floats(name, "a term", terms[0])
	if err != nil {
		return nil, err
	}
	for _, t := range terms {
		if err := expect(name, "a term", t, dt); err != nil {
			return nil, err
		}
	}
	n := len(terms)
	o := newOp(name, dt, tensor.ScalarShape(), terms...)
	o.run = func(dst gorgonia.Value, in []gorgonia.Value) error {
		s := initial
		for _, v := range in {
			if x := value.Float64(v); a != Max {
				s += x
			} else if x > s {
				s = x
			}
		}
		if a == Mean {
			s /= float64(n + 1)
		}
		setScalar(dst, s)
		return nil
	}
	for i := range terms {
		o.wrt = append(o.wrt, i)
	}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
		d := make(gorgonia.Nodes, n)
		switch a {
		case Sum:
			for i := range d {
				d[i] = g
			}
		case Mean:
			shared, err := LinComb([]Term{{X: g, C: 1 / float64(n+1)}}, nil, nil)
			if err != nil {
				return nil, err
			}
			for i := range d {
				d[i] = shared
			}
		case Max:
			winner, err := argMax(initial, in)
			if err != nil {
				return nil, err
			}
			for i := range d {
				if d[i], err = maxGrad(i, winner, g); err != nil {
					return nil, err
				}
			}
		}
		return d, nil
	}
	return o.apply(terms...)
}

// argMax returns the index of the first largest term as a scalar, −1 if
// initial is larger than all.
func argMax(initial float64, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	o := newOp("argmax", tensor.Float64, tensor.ScalarShape(), terms...)
	o.run = func(dst gorgonia.Value, in []gorgonia.Value) error {
		best, at := initial, -1
		for j, v := range in {
			if x := value.Float64(v); x > best {
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
	o.run = func(dst gorgonia.Value, in []gorgonia.Value) error {
		d := 0.0
		if int(value.Float64(in[0])) == i {
			d = value.Float64(in[1])
		}
		setScalar(dst, d)
		return nil
	}
	return o.apply(winner, g)
}
