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
	"github.com/regnde/regnde/graph/ops"
)

// An instruction reads and writes registers. A register holds a value; for
// most instructions the destination holds a buffer before they run.
type instruction interface {
	run(r []gorgonia.Value) error
	fmt.Stringer // name for error messages
}

// operands gathers the arguments of an operation without allocating.
type operands struct {
	args []int
	in   []gorgonia.Value
}

func newOperands(args []int) operands {
	return operands{args: args, in: make([]gorgonia.Value, len(args))}
}

func (o *operands) gather(r []gorgonia.Value) []gorgonia.Value {
	for i, a := range o.args {
		o.in[i] = r[a]
	}
	return o.in
}

// compute runs an operation into the buffer of its register.
type compute struct {
	operands
	op interface {
		gorgonia.Op
		gorgonia.UsePreallocDoer
	}
	dst int
}

func (c *compute) run(r []gorgonia.Value) error {
	_, err := c.op.UsePreallocDo(r[c.dst], c.gather(r)...)
	return err
}

func (c *compute) String() string { return c.op.String() }

// produce runs an operation that brings its own result, which must be of the
// element type and shape of its node.
type produce struct {
	operands
	op  gorgonia.Op
	n   *gorgonia.Node
	dst int

	t      *table
	probes int // executions in which the operation is still looked at for state
}

func (p *produce) run(r []gorgonia.Value) error {
	v, err := p.do(p.gather(r))
	if err != nil {
		return err
	}
	if r[p.dst], err = raw.As(v, p.n.Dtype(), p.n.Shape()); err != nil {
		return errors.Wrap(err, "what the operation returned")
	}
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
// The shared value is made again only when the source changes.
type share struct {
	op       operation.Op
	src, dst int
	from, to gorgonia.Value
}

func (s *share) run(r []gorgonia.Value) error {
	if s.from != r[s.src] {
		v, err := s.op.Alias(r[s.src])
		if err != nil {
			return err
		}
		s.from, s.to = r[s.src], v
	}
	r[s.dst] = s.to
	return nil
}

func (s *share) String() string { return s.op.String() }

// A term of a sum is a register times a coefficient. The scale and weights of
// its linear combination are registers, -1 where there is none.
type term struct {
	x              int
	spec           ops.Term
	scale, weights int
}

// sum writes a linear combination of registers in one pass over memory,
// however many terms a chain of additions had.
type sum struct {
	terms []term
	dst   int
	add   bool // whether the sum is added to what the destination holds
	work  summation
}

func newSum(terms []term, dst int, add bool, n *gorgonia.Node) *sum {
	s := &sum{terms: terms, dst: dst, add: add}
	if n.Dtype() == tensor.Float32 {
		s.work = newTermsOf[float32](len(terms), add, n.Shape())
	} else {
		s.work = newTermsOf[float64](len(terms), add, n.Shape())
	}
	return s
}

func (s *sum) bind(r []gorgonia.Value) { s.work.bind(r[s.dst], r, s.terms) }

func (s *sum) run(r []gorgonia.Value) error {
	s.bind(r)
	s.work.all()
	return nil
}

func (s *sum) String() string { return "sum" }

// summation is a weighted sum of values of some element type.
type summation interface {
	bind(dst gorgonia.Value, r []gorgonia.Value, terms []term)
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

func (t *termsOf[T]) bind(dst gorgonia.Value, r []gorgonia.Value, terms []term) {
	t.dst = raw.Slice[T](dst)
	for i, term := range terms {
		var scale, weights gorgonia.Value
		if term.scale >= 0 {
			scale = r[term.scale]
		}
		if term.weights >= 0 {
			weights = r[term.weights]
		}
		t.c[i] = T(term.spec.Coefficient(scale, weights))
		t.x[i] = raw.Slice[T](r[term.x])
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
	op    operation.Op
	dst   int
	into  *operation.Scatter
	first bool

	whole, part gorgonia.Value // destination last seen and its part
}

func (a *accumulate) run(r []gorgonia.Value) error {
	dst := r[a.dst]
	if a.into == nil {
		if a.first {
			_, err := a.op.UsePreallocDo(dst, a.gather(r)...)
			return err
		}
		return a.op.AccumulateDo(dst, a.gather(r)...)
	}
	return a.op.AccumulateDo(a.destination(dst), a.gather(r)...)
}

// destination returns what the result is added to, given the value of the
// register.
func (a *accumulate) destination(dst gorgonia.Value) gorgonia.Value {
	if a.into == nil {
		return dst
	}
	if a.whole != dst {
		a.whole, a.part = dst, raw.View(dst.(*tensor.Dense), a.into.Offset, a.into.Shape)
	}
	return a.part
}

func (a *accumulate) String() string { return a.op.String() }

// zero clears a register.
type zero struct{ dst int }

func (z *zero) run(r []gorgonia.Value) error {
	raw.Zero(r[z.dst])
	return nil
}

func (z *zero) String() string { return "zero" }
