package graph

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// An instruction reads and writes registers. A register holds a value; for
// most instructions the destination holds a buffer before they run.
type instruction interface {
	run(r *registers) error
	fmt.Stringer // name for error messages
}

// operands gathers the arguments of an operation without allocating.
type operands struct {
	args []int
	in   []raw.Array
}

func newOperands(args []int) operands {
	return operands{args: args, in: make([]raw.Array, len(args))}
}

func (o *operands) gather(r *registers) []raw.Array {
	for i, a := range o.args {
		o.in[i] = r.arrays[a]
	}
	return o.in
}

// compute runs an operation into the buffer of its register.
type compute struct {
	operands
	op     operation.Op
	kernel operation.Kernel
	dst    int
}

func (c *compute) run(r *registers) error { return c.kernel(r.arrays[c.dst], c.gather(r)) }

func (c *compute) String() string { return c.op.String() }

// produce runs an operation that brings its own result, which must be of the
// element type and shape of its node.
type produce struct {
	args []int
	in   []gorgonia.Value
	op   gorgonia.Op
	n    *gorgonia.Node
	dst  int

	t      *table
	probes int // executions in which the operation is still looked at for state
}

func (p *produce) run(r *registers) error {
	for i, a := range p.args {
		p.in[i] = r.values[a]
	}
	v, err := p.do(p.in)
	if err != nil {
		return err
	}
	if v, err = raw.As(v, p.n.Dtype(), p.n.Shape()); err != nil {
		return errors.Wrap(err, "what the operation returned")
	}
	r.set(p.dst, v)
	return nil
}

func (p *produce) do(in []gorgonia.Value) (gorgonia.Value, error) {
	if p.probes == 0 {
		// Stock operations may keep their arguments, so they get a slice of their own.
		return p.op.Do(slices.Clone(in)...)
	}
	p.probes--
	v, stateful, err := probe(p.op, in)
	if err == nil && stateful {
		p.t.stateful = true
		err = p.t.checkShared(p.op)
	}
	return v, err
}

func (p *produce) String() string { return p.op.String() }

// share lets a register share the memory of another: a view of a parameter.
type share struct {
	op       operation.Op
	src, dst int
	first, n int // elements of the source
	// valued says that somebody wants the value. It is made again only when the
	// source changes.
	valued   bool
	from, to gorgonia.Value
}

func (s *share) run(r *registers) error {
	r.arrays[s.dst] = r.arrays[s.src].Part(s.first, s.n)
	if !s.valued {
		return nil
	}
	if s.from != r.values[s.src] {
		s.from = r.values[s.src]
		s.to = part(s.from, s.first, s.op.Shape())
	}
	r.values[s.dst] = s.to
	return nil
}

func (s *share) String() string { return s.op.String() }

// A term of a sum is a register times a coefficient, c, times the scale of its linear
// combination, times one of the weights. Scale and weights are registers, -1 where there
// is none.
type term struct {
	x              int
	c              float64
	scale, weights int
	weight         int // number of the weight
}

// sum writes a linear combination of registers in one pass over memory,
// however many terms a chain of additions had.
type sum struct {
	terms []term
	dst   int
	add   bool // whether the sum is added to what the destination holds
	work  summation
}

func newSum(terms []term, dst int, add bool, nodes []*gorgonia.Node) *sum {
	s, n := &sum{terms: terms, dst: dst, add: add}, nodes[dst]
	if byRows(terms, nodes) {
		s.work = newRowTerms(terms, add, nodes, n)
	} else if n.Dtype() == tensor.Float32 {
		s.work = newTermsOf[float32](len(terms), add, n.Shape())
	} else {
		s.work = newTermsOf[float64](len(terms), add, n.Shape())
	}
	return s
}

func (s *sum) bind(r *registers) { s.work.bind(r.arrays[s.dst], r.arrays, s.terms) }

func (s *sum) run(r *registers) error {
	s.bind(r)
	s.work.all()
	return nil
}

func (s *sum) String() string { return "sum" }

// summation is a weighted sum of values of some element type.
type summation interface {
	bind(dst raw.Array, r []raw.Array, terms []term)
	all()            // computes all elements
	rows(lo, hi int) // computes the elements of some rows
}

type termsOf[T raw.Float] struct {
	dst   []T
	c     []T
	x     [][]T
	add   bool
	width int // number of columns
}

func newTermsOf[T raw.Float](n int, add bool, shape tensor.Shape) *termsOf[T] {
	t := &termsOf[T]{c: make([]T, n), x: make([][]T, n), add: add}
	if len(shape) == 2 {
		t.width = shape[1]
	}
	return t
}

func (t *termsOf[T]) bind(dst raw.Array, r []raw.Array, terms []term) {
	t.dst = raw.Slice[T](dst)
	for i := range terms {
		term := &terms[i]
		c := term.c
		if term.scale >= 0 {
			c *= r[term.scale].Float64()
		}
		if term.weights >= 0 {
			c *= raw.Slice[float64](r[term.weights])[term.weight]
		}
		t.c[i], t.x[i] = T(c), raw.Slice[T](r[term.x])
	}
}

func (t *termsOf[T]) all() { kernel.LinComb(t.dst, t.c, t.x, t.add) }

func (t *termsOf[T]) rows(lo, hi int) {
	kernel.LinCombRange(t.dst, t.c, t.x, lo*t.width, hi*t.width, t.add)
}

// accumulate adds the result of an operation to a register, or to the part of
// a flat vector given by into. The first contribution starts from zero.
type accumulate struct {
	operands
	op     operation.Op
	kernel operation.Kernel
	dst    int
	into   *operation.Scatter
	first  bool
}

func newAccumulate(op operation.Op, args []int, dst int, into *operation.Scatter, first bool) *accumulate {
	a := &accumulate{operands: newOperands(args), op: op, kernel: op.Accumulator(), dst: dst, into: into, first: first}
	if first && into == nil {
		a.kernel = op.Kernel()
	}
	return a
}

func (a *accumulate) run(r *registers) error { return a.kernel(a.destination(r), a.gather(r)) }

// destination returns what the result is added to.
func (a *accumulate) destination(r *registers) raw.Array {
	if a.into == nil {
		return r.arrays[a.dst]
	}
	return r.arrays[a.dst].Part(a.into.Offset, a.into.Shape.TotalSize())
}

func (a *accumulate) String() string { return a.op.String() }

// zero clears a register.
type zero struct{ dst int }

func (z *zero) run(r *registers) error {
	r.arrays[z.dst].Zero()
	return nil
}

func (z *zero) String() string { return "zero" }

// read copies a value out for gorgonia.Read.
type read struct {
	src  int
	into *gorgonia.Value
}

func (i *read) run(r *registers) error {
	if *i.into != nil {
		_, err := gorgonia.Copy(*i.into, r.values[i.src])
		return err
	}
	v, err := gorgonia.CloneValue(r.values[i.src])
	*i.into = v
	return err
}

func (i *read) String() string { return "read" }
