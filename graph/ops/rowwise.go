package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// rowwise describes how an operation works row by row.
type rowwise struct {
	// leading operands are read row by row.
	leading int
	// kernel returns a new implementation, which adds to the result or
	// overwrites it.
	kernel func(accumulate bool) operation.Rowwise
}

// Rowwise returns a new implementation of the operation row by row, and the
// number of operands, the first ones, of which it reads the rows that it
// computes. It returns nil if there is none. With accumulate it adds to the
// result, which only operations that accumulate can.
func (o *op) Rowwise(accumulate bool) (r operation.Rowwise, leading int) {
	if o.rows.kernel == nil || len(o.Shape()) != 2 {
		return nil, 0
	}
	return o.rows.kernel(accumulate), o.rows.leading
}

// byTask makes o the operation that a new task of those given for both element types
// computes, of some rows of a matrix from the same rows of the leading operands. Work is
// the number of elements of a row that it reads.
func (o *op) byTask(leading, work int, f32, f64 func() operation.Rowwise) {
	rows, grain := o.Shape()[0], min(rowGrain, max(1, rowWork/max(1, work)))
	run := func(task operation.Rowwise) operation.Kernel {
		compute := task.Rows
		return func(dst raw.Array, in []raw.Array) error {
			task.Bind(dst, in)
			kernel.Parallel(rows, grain, compute)
			return nil
		}
	}
	task := pick(o.Dtype(), f32, f64)
	o.run = run(task())
	o.rows = rowwise{leading, func(bool) operation.Rowwise { return task() }}
}

// elementwise maps the elements of one or two operands.
type elementwise[T raw.Float] struct {
	f         func(dst, x, y []T)
	width     int // number of columns
	dst, x, y []T
}

func newElementwise[T raw.Float](width int, f func(dst, x, y []T)) func(bool) operation.Rowwise {
	return func(bool) operation.Rowwise { return &elementwise[T]{f: f, width: width} }
}

func (e *elementwise[T]) Bind(dst raw.Array, in []raw.Array) {
	e.dst, e.x = raw.Slice[T](dst), raw.Slice[T](in[0])
	e.y = raw.Slice[T](in[len(in)-1])
}

func (e *elementwise[T]) Rows(lo, hi int) {
	lo, hi = lo*e.width, hi*e.width
	e.f(e.dst[lo:hi], e.x[lo:hi], e.y[lo:hi])
}

// width returns the number of columns of a matrix, 0 for anything else.
func width(n *gorgonia.Node) int {
	if s := n.Shape(); len(s) == 2 {
		return s[1]
	}
	return 0
}

// rowProduct is what Affine and MatMul share row by row.
type rowProduct[T raw.Float] struct {
	kernel.RowProduct[T]
	transposed bool
	bind       rowBinding[T]
}

// rowBinding binds a product to its result and operands.
type rowBinding[T raw.Float] func(p *kernel.RowProduct[T], dst raw.Array, in []raw.Array)

func (r *rowProduct[T]) Bind(dst raw.Array, in []raw.Array) {
	r.bind(&r.RowProduct, dst, in)
}

func (r *rowProduct[T]) Right() (operand int, transposed bool) { return 1, r.transposed }

func (r *rowProduct[T]) Share(o operation.RowProduct) {
	r.RowProduct.Share(&o.(*rowProduct[T]).RowProduct)
}

// exactRun computes all rows of an exact product.
func exactRun[T raw.Float](bind rowBinding[T]) operation.Kernel {
	p := kernel.RowProduct[T]{Exact: true}
	return func(dst raw.Array, in []raw.Array) error {
		bind(&p, dst, in)
		p.All()
		return nil
	}
}
