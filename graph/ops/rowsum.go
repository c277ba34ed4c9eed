package ops

import (
	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// rowSumMax bounds the elements of a sum that is formed while its rows are in the
// cache: it has to be there too.
const rowSumMax = 16 << 10

// RowSum returns a new implementation of the operation as a sum over rows, and
// their number, or nil if it is none.
func (o *op) RowSum() (r operation.RowSum, rows int) {
	if o.sum.kernel == nil || o.Shape().TotalSize() > rowSumMax {
		return nil, 0
	}
	return o.sum.kernel(), o.sum.rows
}

// reduction describes how an operation sums over rows.
type reduction struct {
	rows   int
	kernel func() operation.RowSum
}

// rowReduction is the sum over rows of xᵀ·y, or of y with m = 0.
type rowReduction[T raw.Float] struct {
	kernel.RowReduction[T]
	m, n int
	sums *kernel.PartialSums[T]
}

func newRowReduction[T raw.Float](m, n int) func() operation.RowSum {
	return func() operation.RowSum { return &rowReduction[T]{m: m, n: n, sums: new(kernel.PartialSums[T])} }
}

func (r *rowReduction[T]) Share(o operation.RowSum) { r.sums = o.(*rowReduction[T]).sums }

func (r *rowReduction[T]) Reserve(parts int) { r.sums.Reserve(parts, r.m, r.n) }

func (r *rowReduction[T]) Bind(in []raw.Array) {
	r.RowReduction.Bind(r.m, r.n, raw.Slice[T](in[0]), raw.Slice[T](in[len(in)-1]), r.sums)
}

func (r *rowReduction[T]) AddTo(dst raw.Array, accumulate bool) {
	r.sums.AddTo(raw.Slice[T](dst), accumulate)
}
