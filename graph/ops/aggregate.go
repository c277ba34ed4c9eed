package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
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
	o.run = pick(o.Dtype(), totalRun[float32](initial), totalRun[float64](initial))
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
	o.run = pick(o.Dtype(), largestRun[float32](initial), largestRun[float64](initial))
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

// totalRun adds up in float64, in order.
func totalRun[T raw.Float](initial float64) operation.Kernel {
	var terms [][]T
	return func(dst raw.Array, in []raw.Array) error {
		terms = slicesOf(terms, in)
		y := raw.Slice[T](dst)
		for i := range y {
			s := initial
			for _, x := range terms {
				s += float64(x[i])
			}
			y[i] = T(s)
		}
		return nil
	}
}

func largestRun[T raw.Float](initial float64) operation.Kernel {
	var terms [][]T
	return func(dst raw.Array, in []raw.Array) error {
		terms = slicesOf(terms, in)
		y := raw.Slice[T](dst)
		for i := range y {
			s, _ := largest(initial, terms, i)
			y[i] = T(s)
		}
		return nil
	}
}

// slicesOf returns the elements of values in memory of an earlier list.
func slicesOf[T raw.Float](memory [][]T, values []raw.Array) [][]T {
	memory = memory[:0]
	for _, v := range values {
		memory = append(memory, raw.Slice[T](v))
	}
	return memory
}

// largest returns the largest of the i-th entries and of initial, and which term has it
// first, −1 if initial is larger than all.
func largest[T raw.Float](initial float64, terms [][]T, i int) (best float64, at int) {
	best, at = initial, -1
	for j, x := range terms {
		if v := float64(x[i]); v > best {
			best, at = v, j
		}
	}
	return best, at
}

// argMax returns the index of the first largest term, as a float64, −1 if initial is
// larger than all.
func argMax(initial float64, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	o := newOp("argmax", tensor.Float64, terms[0].Shape(), terms...)
	o.run = pick(terms[0].Dtype(), argMaxRun[float32](initial), argMaxRun[float64](initial))
	return o.apply(terms...)
}

func argMaxRun[T raw.Float](initial float64) operation.Kernel {
	var terms [][]T
	return func(dst raw.Array, in []raw.Array) error {
		terms = slicesOf(terms, in)
		y := raw.Slice[float64](dst)
		for i := range y {
			_, at := largest(initial, terms, i)
			y[i] = float64(at)
		}
		return nil
	}
}

// maxGrad returns g where term i is the winner, else 0.
func maxGrad(i int, winner, g *gorgonia.Node) (*gorgonia.Node, error) {
	o := newOp("maximum reverse", g.Dtype(), g.Shape(), winner, g)
	o.linear = []int{1}
	o.run = pick(g.Dtype(), maxGradRun[float32](i), maxGradRun[float64](i))
	return o.apply(winner, g)
}

func maxGradRun[T raw.Float](i int) operation.Kernel {
	return func(dst raw.Array, in []raw.Array) error {
		y, winner, g := raw.Slice[T](dst), raw.Slice[float64](in[0]), raw.Slice[T](in[1])
		for r, at := range winner {
			y[r] = 0
			if int(at) == i {
				y[r] = g[r]
			}
		}
		return nil
	}
}
