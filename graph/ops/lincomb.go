package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Term is one term of a linear combination: C·X, times the scale if Scaled,
// times the entry Weight-1 of the weights, or of each row of them, if Weight is
// positive.
type Term struct {
	X      *gorgonia.Node
	C      float64
	Scaled bool
	Weight int
}

// LinComb returns Σ C_i·X_i over terms of one shape and element type, computed
// in one pass over memory however many terms there are. The scale is a scalar
// of any element type, the weights a float64 vector; both are data that the
// reverse pass does not differentiate, and nil where no term uses them.
//
// For matrices (m, n) the scale may be a float64 column (m, 1), and the weights a
// float64 matrix (m, weights), one row for each of the terms'. A row of the result
// then depends on the same rows of the operands alone; the terms with one scale are
// added up before they are multiplied by it.
//
// The stages of a Runge–Kutta step, z + h Σ a_ij k_j, are linear combinations
// with the step size as scale; its dense output is one whose weights b_i(Θ)
// are an input. In a column each row has a step size of its own.
func LinComb(terms []Term, scale, weights *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "linear combination"
	if len(terms) == 0 {
		return nil, errors.New("linear combination of no terms, expected at least one")
	}
	dt, err := floats(name, "term 0", terms[0].X)
	if err != nil {
		return nil, err
	}
	shape := terms[0].X.Shape()
	c := &combination{terms: make([]Term, len(terms)), scale: -1, weights: -1, byRow: rowFactors(scale, weights)}
	if len(shape) == 2 {
		c.width = shape[1]
	}
	if scale != nil {
		if byRows(scale) && len(shape) == 2 {
			err = expect(name, "the scale", scale, tensor.Float64, shape[0], 1)
		} else {
			err = expect(name, "the scale", scale, scale.Dtype())
		}
		if err != nil {
			return nil, err
		}
	}
	n := 0 // number of weights
	if weights != nil {
		if s := weights.Shape(); byRows(weights) && len(shape) == 2 {
			n = s[1]
			err = expect(name, "the weights", weights, tensor.Float64, shape[0], n)
		} else {
			n = s.TotalSize()
			err = expect(name, "the weights", weights, tensor.Float64, n)
		}
		if err != nil {
			return nil, err
		}
	}
	in := make(gorgonia.Nodes, 0, len(terms)+2)
	for i, t := range terms {
		if err := expect(name, "a term", t.X, dt, shape...); err != nil {
			return nil, err
		}
		if t.Scaled && scale == nil || t.Weight > 0 && weights == nil {
			return nil, errors.Errorf("%s: term %d uses a scale or weights that are nil, expected them", name, i)
		}
		if t.Weight < 0 || t.Weight > n {
			return nil, errors.Errorf("%s: term %d has weight %d, expected one of %v", name, i, t.Weight, weights.Shape())
		}
		in = append(in, t.X)
		t.X = nil
		c.terms[i] = t
	}
	if scale != nil {
		c.scale = len(in)
		in = append(in, scale)
	}
	if weights != nil {
		c.weights = len(in)
		in = append(in, weights)
	}
	o := newOp(name, dt, shape, in...)
	o.run = pick(dt, combine[float32](c, false), combine[float64](c, false))
	o.add = pick(dt, combine[float32](c, true), combine[float64](c, true))
	if c.byRow != (ByRow{}) {
		o.run = pick(dt, combineRows[float32](c, false), combineRows[float64](c, false))
		o.add = pick(dt, combineRows[float32](c, true), combineRows[float64](c, true))
	}
	if len(terms) == 1 {
		o.linear = []int{0}
	}
	for i := range terms {
		o.wrt = append(o.wrt, i)
	}
	o.comb = c
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d := make(gorgonia.Nodes, len(in))
		for i, t := range c.terms {
			if t == (Term{C: 1}) {
				d[i] = g
				continue
			}
			t.X = g
			var err error
			if d[i], err = LinComb([]Term{t}, used(t.Scaled, scale), used(t.Weight > 0, weights)); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return o.apply(in...)
}

func used(yes bool, n *gorgonia.Node) *gorgonia.Node {
	if yes {
		return n
	}
	return nil
}

// combination is a linear combination without its nodes: scale and weights are
// the positions of those inputs, -1 where there is none.
type combination struct {
	terms          []Term
	scale, weights int
	byRow          ByRow
	width          int // number of columns of matrices
}

// IsLinComb reports whether the operation is a linear combination.
func (o *op) IsLinComb() bool { return o.comb != nil }

// Terms returns the terms of a linear combination, with X unset, and the
// positions of its scale and weights among the inputs, -1 where there is none.
// Machines use it to fuse sums.
func (o *op) Terms() (terms []Term, scale, weights int) {
	return o.comb.terms, o.comb.scale, o.comb.weights
}

// coefficient returns the number that multiplies the term's X, for a scale that is a
// scalar and weights that are a vector.
func (t Term) coefficient(scale, weights raw.Array) float64 {
	c := t.C
	if t.Scaled {
		c *= scale.Float64()
	}
	if t.Weight > 0 {
		c *= raw.Slice[float64](weights)[t.Weight-1]
	}
	return c
}

// factors returns the scale and the weights among the operands.
func (c *combination) factors(in []raw.Array) (scale, weights raw.Array) {
	if c.scale >= 0 {
		scale = in[c.scale]
	}
	if c.weights >= 0 {
		weights = in[c.weights]
	}
	return scale, weights
}

func combine[T raw.Float](c *combination, accumulate bool) operation.Kernel {
	coef := make([]T, len(c.terms))
	xs := make([][]T, len(c.terms))
	return func(dst raw.Array, in []raw.Array) error {
		scale, weights := c.factors(in)
		for i, t := range c.terms {
			coef[i] = T(t.coefficient(scale, weights))
			xs[i] = raw.Slice[T](in[i])
		}
		kernel.LinComb(raw.Slice[T](dst), coef, xs, accumulate)
		return nil
	}
}
