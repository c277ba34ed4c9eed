package ops

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// RowNormRatio returns what NormRatio returns of each row by itself, a column
// (batch, 1). Its bits do not depend on other rows.
func RowNormRatio(a, b, c, d *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "norm ratio by rows"
	in, err := ratioOperands(name, a, b, c, d)
	if err != nil {
		return nil, err
	}
	dt, m, n := a.Dtype(), a.Shape()[0], a.Shape()[1]
	o := newOp(name, dt, tensor.Shape{m, 1}, in...)
	o.byTask(4, 4*n, newRowRatio[float32](m, n, -1), newRowRatio[float64](m, n, -1))
	o.wrt = []int{0, 1, 2, 3}
	o.diff = ratioDiff("norm ratio by rows reverse", func(o *op, side int) {
		o.byTask(5, 4*n, newRowRatio[float32](m, n, side), newRowRatio[float64](m, n, side))
	})
	return o.apply(in...)
}

// rowRatio is the row-wise implementation of a norm ratio or, with a side, of its
// gradient as normRatioGradRun has it.
type rowRatio[T raw.Float] struct {
	width, side int
	dst         []T
	in          [4][]T
	g           []T // gradients of the results
	num, den    []float64
}

func newRowRatio[T raw.Float](rows, width, side int) func() operation.Rowwise {
	return func() operation.Rowwise {
		return &rowRatio[T]{width: width, side: side, num: make([]float64, rows), den: make([]float64, rows)}
	}
}

func (q *rowRatio[T]) Bind(dst raw.Array, in []raw.Array) {
	q.dst = raw.Slice[T](dst)
	for i := range q.in {
		q.in[i] = raw.Slice[T](in[i])
	}
	if q.side >= 0 {
		q.g = raw.Slice[T](in[4])
	}
}

func (q *rowRatio[T]) Rows(lo, hi int) {
	kernel.RowDiffSumSq(q.num, q.width, q.in[0], q.in[1], lo, hi)
	kernel.RowDiffSumSq(q.den, q.width, q.in[2], q.in[3], lo, hi)
	for r := lo; r < hi; r++ {
		num, den := math.Sqrt(q.num[r]), math.Sqrt(q.den[r])
		if q.side < 0 {
			q.dst[r] = usable[T](num / den)
			continue
		}
		c, row := ratioFactor[T](q.side, num, den, float64(q.g[r])), q.dst[r*q.width:(r+1)*q.width]
		if c == 0 {
			clear(row)
			continue
		}
		x, y := q.in[2*q.side][r*q.width:], q.in[2*q.side+1][r*q.width:]
		for j := range row {
			row[j] = c * (x[j] - y[j])
		}
	}
}
