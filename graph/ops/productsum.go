package ops

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Product is one term of a sum of products: C·X⊙Y, or C·X if Y is nil.
type Product struct {
	C    float64
	X, Y *gorgonia.Node
}

// ProductSum returns Σ C_i·X_i⊙Y_i over nodes of one shape and element type, in
// most cases matrices, computed in one pass over memory however many terms there
// are. Its gradients are sums of products as well.
//
// The derivatives of a product along a curve, (u·v)⁽ⁿ⁾ = Σ_j C(n, j) u⁽ʲ⁾v⁽ⁿ⁻ʲ⁾,
// are such sums.
func ProductSum(terms []Product) (*gorgonia.Node, error) {
	const name = "sum of products"
	if len(terms) == 0 {
		return nil, errors.New("sum of no products, expected at least one")
	}
	dt, err := floats(name, "factor 0", terms[0].X)
	if err != nil {
		return nil, err
	}
	shape := terms[0].X.Shape()
	m, n := 1, shape.TotalSize()
	if len(shape) == 2 {
		m, n = shape[0], shape[1]
	}
	p := &products{width: n}
	var in gorgonia.Nodes
	operand := func(x *gorgonia.Node) int {
		if i := slices.Index(in, x); i >= 0 {
			return i
		}
		in = append(in, x)
		return len(in) - 1
	}
	for _, t := range terms {
		if err := expect(name, "a factor", t.X, dt, shape...); err != nil {
			return nil, err
		}
		x, y := operand(t.X), -1
		if t.Y != nil {
			if err := expect(name, "a factor", t.Y, dt, shape...); err != nil {
				return nil, err
			}
			y = operand(t.Y)
		}
		p.terms = append(p.terms, productTerm{t.C, x, y})
	}
	o := newOp(name, dt, shape, in...)
	o.run = pick(dt, productsRun[float32](p, m, false), productsRun[float64](p, m, false))
	o.add = pick(dt, productsRun[float32](p, m, true), productsRun[float64](p, m, true))
	o.rows = rowwise{len(in), pick(dt, productsRows[float32](p), productsRows[float64](p))}
	for i := range in {
		o.wrt = append(o.wrt, i)
		if p.linear(i) {
			o.linear = append(o.linear, i)
		}
	}
	o.diff = p.diff
	return o.apply(in...)
}

// products is a sum of products without its nodes.
type products struct {
	width int
	terms []productTerm
}

// productTerm has its factors by position among the operands, y = -1 for none.
type productTerm struct {
	c    float64
	x, y int
}

// linear reports whether an operand is a factor of every term, once.
func (p *products) linear(i int) bool {
	for _, t := range p.terms {
		if (t.x == i) == (t.y == i) {
			return false
		}
	}
	return true
}

// diff adds up the derivatives of all terms in which an operand is a factor.
func (p *products) diff(in gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (gorgonia.Nodes, error) {
	d := make(gorgonia.Nodes, len(in))
	for i := range in {
		if !want[i] {
			continue
		}
		var terms []Product
		products := false
		for _, t := range p.terms {
			other := t.y
			c := t.c
			switch {
			case t.x == i && t.y == i:
				c *= 2
			case t.x == i:
			case t.y == i:
				other = t.x
			default:
				continue
			}
			q := Product{C: c, X: g}
			if other >= 0 {
				q.Y, products = in[other], true
			}
			terms = append(terms, q)
		}
		var err error
		switch {
		case products:
			d[i], err = ProductSum(terms)
		case len(terms) == 1 && terms[0].C == 1:
			d[i] = g
		default:
			c := 0.0
			for _, t := range terms {
				c += t.C
			}
			d[i], err = LinComb([]Term{{X: g, C: c}}, nil, nil)
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

// boundProducts is the row-wise implementation.
type boundProducts[T raw.Float] struct {
	*products
	accumulate bool
	c, dst     []T
	x, y       [][]T
}

func newBoundProducts[T raw.Float](p *products, accumulate bool) *boundProducts[T] {
	b := &boundProducts[T]{products: p, accumulate: accumulate, x: make([][]T, len(p.terms)), y: make([][]T, len(p.terms))}
	for _, t := range p.terms {
		b.c = append(b.c, T(t.c))
	}
	return b
}

func productsRun[T raw.Float](p *products, rows int, accumulate bool) func(raw.Array, []raw.Array) error {
	b := newBoundProducts[T](p, accumulate)
	task := b.Rows
	return func(dst raw.Array, in []raw.Array) error {
		b.Bind(dst, in)
		kernel.Parallel(rows, rowGrain, task)
		return nil
	}
}

func productsRows[T raw.Float](p *products) func(bool) operation.Rowwise {
	return func(accumulate bool) operation.Rowwise { return newBoundProducts[T](p, accumulate) }
}

func (b *boundProducts[T]) Bind(dst raw.Array, in []raw.Array) {
	b.dst = raw.Slice[T](dst)
	for i, t := range b.terms {
		b.x[i] = raw.Slice[T](in[t.x])
		if t.y >= 0 {
			b.y[i] = raw.Slice[T](in[t.y])
		}
	}
}

func (b *boundProducts[T]) Rows(lo, hi int) {
	kernel.ProductSum(b.dst, b.c, b.x, b.y, lo*b.width, hi*b.width, b.accumulate)
}
