package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// The operations of this file are what products of a time with a vector become where
// each row has a time of its own, a column (rows, 1). Each is a derivative of the others.

// timeOf checks a time of element type dt, a scalar or a column of so many rows.
func timeOf(name string, t *gorgonia.Node, dt tensor.Dtype, rows int) error {
	if byRows(t) {
		return expect(name, "t", t, dt, rows, 1)
	}
	return expect(name, "t", t, dt)
}

// outerColumn returns the matrix (rows, dim) of the products of the entries of a column
// c (rows, 1) and those of v (dim).
func outerColumn(c, v *gorgonia.Node) (*gorgonia.Node, error) {
	m, n := c.Shape()[0], v.Shape()[0]
	o := newOp("outer product of a column", v.Dtype(), tensor.Shape{m, n}, c, v)
	o.byLeadingRows(1, gorgonia.Nodes{c, v}, outerColumnRows[float32], outerColumnRows[float64])
	o.linear, o.wrt = []int{0, 1}, []int{0, 1}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, 2)
		if want[0] {
			if d[0], err = rowsTimes(g, in[1]); err != nil {
				return nil, err
			}
		}
		if want[1] {
			d[1], err = weightedColSum(g, in[0])
		}
		return d, err
	}
	return o.apply(c, v)
}

func outerColumnRows[T raw.Float](dst, c, v, _ []T, rows int) {
	for i := range rows {
		row := dst[i*len(v):][:len(v)]
		for j, x := range v {
			row[j] = c[i] * x
		}
	}
}

// rowsTimes returns the inner products of the rows of g (rows, dim) with v (dim), a
// column (rows, 1).
func rowsTimes(g, v *gorgonia.Node) (*gorgonia.Node, error) {
	m := g.Shape()[0]
	o := newOp("rows times a vector", g.Dtype(), tensor.Shape{m, 1}, g, v)
	o.byLeadingRows(1, gorgonia.Nodes{g, v}, rowsTimesRows[float32], rowsTimesRows[float64])
	o.linear, o.wrt = []int{0, 1}, []int{0, 1}
	o.diff = func(in gorgonia.Nodes, _, p *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, 2)
		if want[0] {
			if d[0], err = outerColumn(p, in[1]); err != nil {
				return nil, err
			}
		}
		if want[1] {
			d[1], err = weightedColSum(in[0], p)
		}
		return d, err
	}
	return o.apply(g, v)
}

func rowsTimesRows[T raw.Float](dst, g, v, _ []T, rows int) {
	for i := range rows {
		var sum T
		for j, x := range g[i*len(v):][:len(v)] {
			sum += x * v[j]
		}
		dst[i] = sum
	}
}

// weightedColSum returns the sum of the rows of g (rows, dim), each times its entry of a
// column c (rows, 1), a vector (dim): the gradient of the weights of a time.
func weightedColSum(g, c *gorgonia.Node) (*gorgonia.Node, error) {
	dt, m, n := g.Dtype(), g.Shape()[0], g.Shape()[1]
	o := newOp("weighted column sum", dt, tensor.Shape{n}, c, g)
	o.run = pick(dt, weightedColSumRun[float32](m, n, false), weightedColSumRun[float64](m, n, false))
	o.add = pick(dt, weightedColSumRun[float32](m, n, true), weightedColSumRun[float64](m, n, true))
	o.sum = reduction{m, pick(dt, newRowReduction[float32](1, n), newRowReduction[float64](1, n))}
	o.linear, o.wrt = []int{0, 1}, []int{0, 1}
	o.diff = func(in gorgonia.Nodes, _, p *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, 2)
		if want[0] {
			if d[0], err = rowsTimes(in[1], p); err != nil {
				return nil, err
			}
		}
		if want[1] {
			d[1], err = outerColumn(in[0], p)
		}
		return d, err
	}
	return o.apply(c, g)
}

func weightedColSumRun[T raw.Float](m, n int, accumulate bool) operation.Kernel {
	return func(dst raw.Array, in []raw.Array) error {
		kernel.Gemm(true, false, 1, n, m, raw.Slice[T](in[0]), 1, raw.Slice[T](in[1]), n, accumulate, raw.Slice[T](dst), n)
		return nil
	}
}

// rowTotal returns the sums of the rows of x (rows, dim), a column (rows, 1).
func rowTotal(x *gorgonia.Node) (*gorgonia.Node, error) {
	m, n := x.Shape()[0], x.Shape()[1]
	o := newOp("sum of rows", x.Dtype(), tensor.Shape{m, 1}, x)
	o.byRows(gorgonia.Nodes{x}, rowTotalRows[float32], rowTotalRows[float64])
	o.linear, o.wrt = []int{0}, []int{0}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := repeatColumn(g, n)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

func rowTotalRows[T raw.Float](dst, x, _, _ []T, rows int) {
	n := len(x) / rows
	for i := range rows {
		var sum T
		for _, v := range x[i*n:][:n] {
			sum += v
		}
		dst[i] = sum
	}
}

// repeatColumn returns a matrix of so many columns, all of them c (rows, 1).
func repeatColumn(c *gorgonia.Node, columns int) (*gorgonia.Node, error) {
	o := newOp("repeat column", c.Dtype(), tensor.Shape{c.Shape()[0], columns}, c)
	o.byRows(gorgonia.Nodes{c}, repeatColumnRows[float32], repeatColumnRows[float64])
	o.linear, o.wrt = []int{0}, []int{0}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := rowTotal(g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(c)
}

func repeatColumnRows[T raw.Float](dst, c, _, _ []T, rows int) {
	n := len(dst) / rows
	for i, v := range c[:rows] {
		row := dst[i*n:][:n]
		for j := range row {
			row[j] = v
		}
	}
}
