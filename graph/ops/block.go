package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/value"
)

// Block returns rows [r0, r1) and columns [c0, c1) of the matrix x, a matrix
// (r1−r0, c1−c0) whatever its size: the gates of a recurrent cell, one of
// several states kept side by side. Gorgonia's own Slice drops dimensions of
// size one, and takes two slices for one if their bounds agree modulo 256.
func Block(x *gorgonia.Node, r0, r1, c0, c1 int) (*gorgonia.Node, error) {
	const name = "block"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if r0 < 0 || r0 >= r1 || r1 > m || c0 < 0 || c0 >= c1 || c1 > n {
		return nil, errors.Errorf("%s: rows [%d, %d) and columns [%d, %d) of a matrix (%d, %d)", name, r0, r1, c0, c1, m, n)
	}
	b := block{rows: r1 - r0, cols: c1 - c0, start: r0*n + c0, stride: n}
	o := newOp(name, dt, tensor.Shape{b.rows, b.cols}, x)
	o.run = pick(dt, blockRun[float32](b), blockRun[float64](b))
	o.linear = []int{0}
	o.wrt = []int{0}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
		r := newOp("block reverse", dt, tensor.Shape{m, n}, g)
		r.run = pick(dt, blockGradRun[float32](b, false), blockGradRun[float64](b, false))
		r.add = pick(dt, blockGradRun[float32](b, true), blockGradRun[float64](b, true))
		r.linear = []int{0}
		d, err := r.apply(g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

// block is the place of a block in a matrix whose rows are stride apart.
type block struct{ rows, cols, start, stride int }

// row returns row i of the block in the entries of the matrix.
func row[T any](b block, x []T, i int) []T {
	at := b.start + i*b.stride
	return x[at : at+b.cols]
}

func blockRun[T value.Float](b block) func(gorgonia.Value, []gorgonia.Value) error {
	return func(dst gorgonia.Value, in []gorgonia.Value) error {
		y, x := value.Slice[T](dst), value.Slice[T](in[0])
		for i := range b.rows {
			copy(y[i*b.cols:], row(b, x, i))
		}
		return nil
	}
}

// blockGradRun adds the gradient in its place, to zeros unless accumulate.
func blockGradRun[T value.Float](b block, accumulate bool) func(gorgonia.Value, []gorgonia.Value) error {
	return func(dst gorgonia.Value, in []gorgonia.Value) error {
		dx, g := value.Slice[T](dst), value.Slice[T](in[0])
		if !accumulate {
			clear(dx)
		}
		for i := range b.rows {
			d := row(b, dx, i)
			for j, v := range g[i*b.cols : (i+1)*b.cols] {
				d[j] += v
			}
		}
		return nil
	}
}
