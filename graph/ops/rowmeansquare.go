package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// RowMeanSquare returns the mean of x² over each row of a matrix (batch, dim), a column
// (batch, 1) summed in float64, whose bits do not depend on other rows.
func RowMeanSquare(x *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "mean square by rows"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.Shape{m, 1}, x)
	o.byTask(1, n, newRowMeanSquare[float32](m, n, false), newRowMeanSquare[float64](m, n, false))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("mean square by rows reverse", dt, in[0].Shape(), in[0], g)
		r.byTask(2, 2*n, newRowMeanSquare[float32](m, n, true), newRowMeanSquare[float64](m, n, true))
		r.linear = []int{0, 1}
		d, err := r.apply(in[0], g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

// rowMeanSquare is the row-wise implementation of a mean square or, with grad, of its
// gradient.
type rowMeanSquare[T raw.Float] struct {
	width     int
	grad      bool
	dst, x, g []T
	sums      []float64 // sums of squares, or factors of the gradient
	one       []T
	terms     [][]T
}

func newRowMeanSquare[T raw.Float](rows, width int, grad bool) func() operation.Rowwise {
	return func() operation.Rowwise {
		return &rowMeanSquare[T]{width: width, grad: grad, sums: make([]float64, rows), one: []T{1}, terms: make([][]T, 1)}
	}
}

func (q *rowMeanSquare[T]) Bind(dst raw.Array, in []raw.Array) {
	q.dst, q.x = raw.Slice[T](dst), raw.Slice[T](in[0])
	q.terms[0] = q.x
	if q.grad {
		q.g = raw.Slice[T](in[1])
	}
}

func (q *rowMeanSquare[T]) Rows(lo, hi int) {
	c := 1 / float64(q.width)
	if q.grad {
		for r := lo; r < hi; r++ {
			q.sums[r] = 2 * c * float64(q.g[r])
		}
		kernel.ScaledComb(q.dst, q.width, nil, nil, q.sums, q.one, q.terms, lo, hi, false)
		return
	}
	kernel.RowSumSq(q.sums, q.width, q.x, lo, hi)
	for r := lo; r < hi; r++ {
		q.dst[r] = T(c * q.sums[r])
	}
}
