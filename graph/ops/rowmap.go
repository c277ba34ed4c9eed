package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// rowFunc computes some rows, at least one, of a result from the same rows of
// matrices and the whole of what else it reads, up to three operands together. It
// depends on the rows alone, not on which they are.
type rowFunc[T raw.Float] func(dst, x, y, z []T, rows int)

// byRows makes o the operation that applies f to the rows of the matrices in, of
// whatever widths. The function is given for both element types.
func (o *op) byRows(in gorgonia.Nodes, f32 rowFunc[float32], f64 rowFunc[float64]) {
	o.byLeadingRows(len(in), in, f32, f64)
}

// byLeadingRows is byRows for a function that reads rows of the leading operands
// and the whole of the others.
func (o *op) byLeadingRows(leading int, in gorgonia.Nodes, f32 rowFunc[float32], f64 rowFunc[float64]) {
	widths := make([]int, leading)
	for i := range widths {
		widths[i] = width(in[i])
	}
	m, n := o.Shape()[0], o.Shape()[1]
	o.run = pick(o.Dtype(), rowMapRun(f32, m, n, widths), rowMapRun(f64, m, n, widths))
	o.rows = rowwise{leading, pick(o.Dtype(), rowMapRows(f32, n, widths), rowMapRows(f64, n, widths))}
}

// rowMap is the row-wise implementation of a rowFunc.
type rowMap[T raw.Float] struct {
	f      rowFunc[T]
	width  int
	widths []int // numbers of columns of the leading operands
	dst    []T
	in     [3][]T
}

// rowGrain is the number of rows that are worth handing to a processor, and
// rowWork the number of elements for which fewer are.
const (
	rowGrain = 64
	rowWork  = 1 << 14
)

func rowMapRun[T raw.Float](f rowFunc[T], rows, width int, widths []int) func(raw.Array, []raw.Array) error {
	m := &rowMap[T]{f: f, width: width, widths: widths}
	task := m.Rows
	grain := min(rowGrain, max(1, rowWork/width))
	return func(dst raw.Array, in []raw.Array) error {
		m.Bind(dst, in)
		kernel.Parallel(rows, grain, task)
		return nil
	}
}

func rowMapRows[T raw.Float](f rowFunc[T], width int, widths []int) func(bool) operation.Rowwise {
	return func(bool) operation.Rowwise { return &rowMap[T]{f: f, width: width, widths: widths} }
}

func (m *rowMap[T]) Bind(dst raw.Array, in []raw.Array) {
	m.dst = raw.Slice[T](dst)
	for i, v := range in {
		m.in[i] = raw.Slice[T](v)
	}
}

func (m *rowMap[T]) Rows(lo, hi int) {
	if lo == hi {
		return
	}
	in := m.in
	for j, w := range m.widths {
		in[j] = m.in[j][lo*w : hi*w]
	}
	m.f(m.dst[lo*m.width:hi*m.width], in[0], in[1], in[2], hi-lo)
}
