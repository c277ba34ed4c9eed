package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// colSum returns the sum over the rows of g (batch, dim), a vector (dim): the
// gradient of a bias.
func colSum(g *gorgonia.Node) (*gorgonia.Node, error) {
	dt, m, n, err := matrix("column sum", "g", g)
	if err != nil {
		return nil, err
	}
	o := newOp("column sum", dt, tensor.Shape{n}, g)
	o.run = pick(dt, colSumRun[float32](m, n, false), colSumRun[float64](m, n, false))
	o.add = pick(dt, colSumRun[float32](m, n, true), colSumRun[float64](m, n, true))
	o.sum = reduction{m, pick(dt, newRowReduction[float32](0, n), newRowReduction[float64](0, n))}
	o.linear = []int{0}
	o.wrt = []int{0}
	o.diff = func(_ gorgonia.Nodes, _, p *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := repeatRow(p, m)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(g)
}

// repeatRow returns the matrix (rows, dim) whose rows are all the vector v (dim).
func repeatRow(v *gorgonia.Node, rows int) (*gorgonia.Node, error) {
	o := newOp("repeat row", v.Dtype(), tensor.Shape{rows, v.Shape()[0]}, v)
	o.byLeadingRows(0, gorgonia.Nodes{v}, repeatRows[float32], repeatRows[float64])
	o.linear = []int{0}
	o.wrt = []int{0}
	o.diff = func(_ gorgonia.Nodes, _, p *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := colSum(p)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(v)
}

func repeatRows[T raw.Float](dst, v, _, _ []T, rows int) {
	for i := range rows {
		copy(dst[i*len(v):], v)
	}
}

func colSumRun[T raw.Float](m, n int, accumulate bool) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		kernel.ColSum(raw.Slice[T](dst), m, n, raw.Slice[T](in[0]), accumulate)
		return nil
	}
}
