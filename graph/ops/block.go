package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Block returns rows [r0, r1) and columns [c0, c1) of the matrix x, a matrix
// (r1−r0, c1−c0) whatever its size: the gates of a recurrent cell, one of
// several states kept side by side. Gorgonia's own Slice drops dimensions of
// size one, and takes two slices for one if their bounds agree modulo 256. Whole
// rows share the memory of x where the machine allows it.
func Block(x *gorgonia.Node, r0, r1, c0, c1 int) (*gorgonia.Node, error) {
	const name = "block"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if r0 < 0 || r0 >= r1 || r1 > m || c0 < 0 || c0 >= c1 || c1 > n {
		return nil, errors.Errorf("%s: rows [%d, %d) and columns [%d, %d), expected some of a matrix (%d, %d)", name, r0, r1, c0, c1, m, n)
	}
	b := block{rows: r1 - r0, cols: c1 - c0, start: r0*n + c0, stride: n}
	o := newOp(name, dt, tensor.Shape{b.rows, b.cols}, x)
	b.copies(o, false, b.rows == m)
	if b.cols == n {
		o.add, o.shared, o.first = nil, true, b.start
	}
	o.wrt = []int{0}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("block reverse", dt, tensor.Shape{m, n}, g)
		b.copies(r, true, b.rows == m)
		r.wrt = []int{0}
		r.diff = func(_ gorgonia.Nodes, _, p *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
			d, err := Block(p, r0, r1, c0, c1)
			return gorgonia.Nodes{d}, err
		}
		d, err := r.apply(g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

// Column returns column i of x (batch, dim), as (batch, 1). Of a product of matrices
// it computes that column alone.
func Column(x *gorgonia.Node, i int) (*gorgonia.Node, error) {
	_, m, n, err := matrix("column", "x", x)
	if err != nil {
		return nil, err
	}
	if i < 0 || i >= n {
		return nil, errors.Errorf("column %d of a matrix (%d, %d), expected one of it", i, m, n)
	}
	if o, ok := x.Op().(*op); ok && o.column != nil {
		return o.column(i)
	}
	return Block(x, 0, m, i, i+1)
}

// block is the place of a block in a matrix whose rows are stride apart.
type block struct{ rows, cols, start, stride int }

// copies makes o the operation that copies the block out of its matrix or, with
// back, into its place in a matrix of zeros: row by row if it has all rows.
func (b block) copies(o *op, back, allRows bool) {
	o.run = pick(o.Dtype(), blockRun[float32](b, back, false), blockRun[float64](b, back, false))
	o.add = pick(o.Dtype(), blockRun[float32](b, back, true), blockRun[float64](b, back, true))
	if allRows {
		o.rows = rowwise{1, pick(o.Dtype(), blockRows[float32](b, back), blockRows[float64](b, back))}
	}
	o.linear = []int{0}
}

// blockCopy copies rows of a block out of its matrix, or back.
type blockCopy[T raw.Float] struct {
	block
	back, accumulate bool
	dst, x           []T
}

func (c *blockCopy[T]) Bind(dst raw.Array, in []raw.Array) {
	c.dst, c.x = raw.Slice[T](dst), raw.Slice[T](in[0])
}

// Rows computes rows of the result, which has all rows.
func (c *blockCopy[T]) Rows(lo, hi int) {
	if c.back && !c.accumulate {
		clear(c.dst[lo*c.stride : hi*c.stride])
	}
	c.copy(lo, hi)
}

// copy copies rows of the block.
func (c *blockCopy[T]) copy(lo, hi int) {
	for i := lo; i < hi; i++ {
		place, at := c.start+i*c.stride, i*c.cols
		to, from := at, place
		if c.back {
			to, from = place, at
		}
		if dst, x := c.dst[to:][:c.cols], c.x[from:][:c.cols]; c.accumulate {
			kernel.Add(dst, x)
		} else {
			copy(dst, x)
		}
	}
}

func blockRun[T raw.Float](b block, back, accumulate bool) func(raw.Array, []raw.Array) error {
	c := &blockCopy[T]{block: b, back: back, accumulate: accumulate}
	task := c.copy
	return func(dst raw.Array, in []raw.Array) error {
		c.Bind(dst, in)
		if back && !accumulate {
			clear(c.dst)
		}
		kernel.Parallel(b.rows, rowGrain, task)
		return nil
	}
}

func blockRows[T raw.Float](b block, back bool) func(bool) operation.Rowwise {
	return func(accumulate bool) operation.Rowwise {
		return &blockCopy[T]{block: b, back: back, accumulate: accumulate}
	}
}
