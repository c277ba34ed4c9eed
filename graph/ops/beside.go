package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Beside returns the columns of matrices (batch, n_i) one after the other, a matrix
// (batch, Σ n_i).
func Beside(x ...*gorgonia.Node) (*gorgonia.Node, error) {
	const name = "beside"
	if len(x) == 0 {
		return nil, errors.Errorf("%s: no matrices, expected at least one", name)
	}
	dt, rows, _, err := matrix(name, "matrix 0", x[0])
	if err != nil {
		return nil, err
	}
	in := append(gorgonia.Nodes(nil), x...)
	widths, total := make([]int, len(in)), 0
	for i, n := range in {
		if _, _, widths[i], err = matrix(name, "a matrix", n); err != nil {
			return nil, err
		}
		if err := expect(name, "a matrix", n, dt, rows, widths[i]); err != nil {
			return nil, err
		}
		total += widths[i]
	}
	o := newOp(name, dt, tensor.Shape{rows, total}, in...)
	o.run = pick(dt, besideRun[float32](rows, widths), besideRun[float64](rows, widths))
	o.rows = rowwise{len(in), pick(dt, besideRows[float32](widths), besideRows[float64](widths))}
	for i := range in {
		o.wrt = append(o.wrt, i)
	}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, len(in))
		from := 0
		for i, w := range widths {
			if want[i] {
				if d[i], err = Block(g, 0, rows, from, from+w); err != nil {
					return nil, err
				}
			}
			from += w
		}
		return d, nil
	}
	return o.apply(in...)
}

// beside is the row-wise implementation of Beside.
type beside[T raw.Float] struct {
	widths []int
	dst    []T
	in     [][]T
}

func besideRun[T raw.Float](rows int, widths []int) func(raw.Array, []raw.Array) error {
	b := &beside[T]{widths: widths, in: make([][]T, len(widths))}
	task := b.Rows
	grain := min(rowGrain, max(1, rowWork/b.total()))
	return func(dst raw.Array, in []raw.Array) error {
		b.Bind(dst, in)
		kernel.Parallel(rows, grain, task)
		return nil
	}
}

func besideRows[T raw.Float](widths []int) func(bool) operation.Rowwise {
	return func(bool) operation.Rowwise { return &beside[T]{widths: widths, in: make([][]T, len(widths))} }
}

func (b *beside[T]) Bind(dst raw.Array, in []raw.Array) {
	b.dst = raw.Slice[T](dst)
	for i, v := range in {
		b.in[i] = raw.Slice[T](v)
	}
}

// total returns the number of columns of the result.
func (b *beside[T]) total() (n int) {
	for _, w := range b.widths {
		n += w
	}
	return n
}

func (b *beside[T]) Rows(lo, hi int) {
	at := lo * b.total()
	for i := lo; i < hi; i++ {
		for j, w := range b.widths {
			copy(b.dst[at:at+w], b.in[j][i*w:])
			at += w
		}
	}
}
