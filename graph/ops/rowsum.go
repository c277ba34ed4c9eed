package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/value"
)

// RowSum computes the result of an operation that sums over the rows of its
// operands, the gradient of a weight or a bias, some rows at a time. Rows are
// added to one of several partial sums, which are added up at the end: results
// depend on how the rows are cut, but not on who adds them when.
type RowSum interface {
	// Share makes it add to the partial sums of another one, of the same shape.
	Share(RowSum)
	// Reserve empties the partial sums and provides so many of them.
	Reserve(parts int)
	// Bind points at the operands.
	Bind(in []gorgonia.Value)
	// Rows adds the rows lo to hi to a partial sum, each of which takes one call at
	// a time.
	Rows(part, lo, hi int)
	// AddTo writes the total to dst, or adds it with accumulate.
	AddTo(dst gorgonia.Value, accumulate bool)
}

// rowSumMax bounds the elements of a sum that is formed while its rows are in the
// cache: it has to be there too.
const rowSumMax = 16 << 10

// RowSum returns a new implementation of the operation as a sum over rows, and
// their number, or nil if it is none.
func (o *Op) RowSum() (r RowSum, rows int) {
	if o.sum.kernel == nil || o.Shape().TotalSize() > rowSumMax {
		return nil, 0
	}
	return o.sum.kernel(), o.sum.rows
}

// reduction describes how an operation sums over rows.
type reduction struct {
	rows   int
	kernel func() RowSum
}

// rowReduction is the sum over rows of xᵀ·y, or of y with m = 0.
type rowReduction[T value.Float] struct {
	kernel.RowReduction[T]
	m, n int
	sums *kernel.PartialSums[T]
}

func newRowReduction[T value.Float](m, n int) func() RowSum {
	return func() RowSum { return &rowReduction[T]{m: m, n: n, sums: new(kernel.PartialSums[T])} }
}

func (r *rowReduction[T]) Share(o RowSum) { r.sums = o.(*rowReduction[T]).sums }

func (r *rowReduction[T]) Reserve(parts int) { r.sums.Reserve(parts, r.m, r.n) }

func (r *rowReduction[T]) Bind(in []gorgonia.Value) {
	r.RowReduction.Bind(r.m, r.n, value.Slice[T](in[0]), value.Slice[T](in[len(in)-1]), r.sums)
}

func (r *rowReduction[T]) AddTo(dst gorgonia.Value, accumulate bool) {
	r.sums.AddTo(value.Slice[T](dst), accumulate)
}
