package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/value"
)

// Rowwise computes the result of an operation some rows at a time, each from
// the same rows of its leading operands and the whole of the others. A machine
// can so take a few rows through many operations while they are in the cache of
// one processor.
type Rowwise interface {
	// Bind points at the result and the operands. It is called before Rows, which
	// may then be called from several goroutines for different rows.
	Bind(dst gorgonia.Value, in []gorgonia.Value)
	// Rows computes the rows lo to hi of the result.
	Rows(lo, hi int)
}

// RowProduct is a row-wise operation with a right factor that is packed before
// the rows are computed.
type RowProduct interface {
	Rowwise
	// Right returns the operand that is the right factor, and whether it is
	// transposed.
	Right() (operand int, transposed bool)
	// Pack packs the right factor; Share takes it from a product that has packed
	// the same one.
	Pack()
	Share(RowProduct)
}

// rowwise describes how an operation works row by row.
type rowwise struct {
	// leading operands are read row by row.
	leading int
	// kernel returns a new implementation, which adds to the result or
	// overwrites it.
	kernel func(accumulate bool) Rowwise
}

// Rowwise returns a new implementation of the operation row by row, and the
// number of operands, the first ones, of which it reads the rows that it
// computes. It returns nil if there is none. With accumulate it adds to the
// result, which only operations that accumulate can.
func (o *Op) Rowwise(accumulate bool) (r Rowwise, leading int) {
	if o.rows.kernel == nil || len(o.Shape()) != 2 {
		return nil, 0
	}
	return o.rows.kernel(accumulate), o.rows.leading
}

// elementwise maps the elements of one or two operands.
type elementwise[T value.Float] struct {
	f         func(dst, x, y []T)
	width     int // of a row
	dst, x, y []T
}

func newElementwise[T value.Float](width int, f func(dst, x, y []T)) func(bool) Rowwise {
	return func(bool) Rowwise { return &elementwise[T]{f: f, width: width} }
}

func (e *elementwise[T]) Bind(dst gorgonia.Value, in []gorgonia.Value) {
	e.dst, e.x = value.Slice[T](dst), value.Slice[T](in[0])
	e.y = value.Slice[T](in[len(in)-1])
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
type rowProduct[T value.Float] struct {
	kernel.RowProduct[T]
	transposed bool
	bind       func(p *kernel.RowProduct[T], dst gorgonia.Value, in []gorgonia.Value)
}

func (r *rowProduct[T]) Bind(dst gorgonia.Value, in []gorgonia.Value) {
	r.bind(&r.RowProduct, dst, in)
}

func (r *rowProduct[T]) Right() (operand int, transposed bool) { return 1, r.transposed }

func (r *rowProduct[T]) Share(o RowProduct) {
	r.RowProduct.Share(&o.(*rowProduct[T]).RowProduct)
}
