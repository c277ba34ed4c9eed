package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/value"
)

// rowFunc computes a row of a result from the same row of up to three matrices.
type rowFunc[T value.Float] func(dst, x, y, z []T)

// byRows makes o the operation that applies f to each row of the matrices in,
// of whatever widths. The function is given for both element types.
func (o *Op) byRows(in gorgonia.Nodes, f32 rowFunc[float32], f64 rowFunc[float64]) {
	widths := make([]int, len(in))
	for i, n := range in {
		widths[i] = width(n)
	}
	m, n := o.Shape()[0], o.Shape()[1]
	o.run = pick(o.Dtype(), rowMapRun(f32, m, n, widths), rowMapRun(f64, m, n, widths))
	o.rows = rowwise{len(in), pick(o.Dtype(), rowMapRows(f32, n, widths), rowMapRows(f64, n, widths))}
}

// rowMap is the row-wise implementation of a rowFunc.
type rowMap[T value.Float] struct {
	f      rowFunc[T]
	width  int
	widths []int // of the operands
	dst    []T
	in     [3][]T
}

// rowGrain is the number of rows that are worth handing to a processor.
const rowGrain = 64

func rowMapRun[T value.Float](f rowFunc[T], rows, width int, widths []int) func(gorgonia.Value, []gorgonia.Value) error {
	m := &rowMap[T]{f: f, width: width, widths: widths}
	task := m.Rows
	return func(dst gorgonia.Value, in []gorgonia.Value) error {
		m.Bind(dst, in)
		kernel.Parallel(rows, rowGrain, task)
		return nil
	}
}

func rowMapRows[T value.Float](f rowFunc[T], width int, widths []int) func(bool) Rowwise {
	return func(bool) Rowwise { return &rowMap[T]{f: f, width: width, widths: widths} }
}

func (m *rowMap[T]) Bind(dst gorgonia.Value, in []gorgonia.Value) {
	m.dst = value.Slice[T](dst)
	for i, v := range in {
		m.in[i] = value.Slice[T](v)
	}
}

func (m *rowMap[T]) Rows(lo, hi int) {
	for i := lo; i < hi; i++ {
		var row [3][]T
		for j, w := range m.widths {
			row[j] = m.in[j][i*w : (i+1)*w]
		}
		m.f(m.dst[i*m.width:(i+1)*m.width], row[0], row[1], row[2])
	}
}
