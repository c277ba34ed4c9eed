package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// LU holds the factors of a batch of square matrices, one a row, with which any
// number of linear systems are solved.
type LU struct {
	// factors are (batch, n·n + n): what kernel.LU makes of each matrix, and the rows
	// that it interchanges. Its gradient is by convention that of the matrices, and
	// zeros in place of these.
	factors *gorgonia.Node
	n       int
}

// Factorize returns the factors of the matrices w (batch, n·n), one n×n matrix a row,
// stored column after column: the entry in row i and column j is w[·, j·n + i]. A
// matrix that is singular or not finite has NaN for factors, and so its systems have
// NaN for solutions.
//
// Solutions are differentiated by the right-hand sides and by w, once.
func Factorize(w *gorgonia.Node) (*LU, error) {
	const name = "factorize"
	dt, m, nn, err := matrix(name, "w", w)
	if err != nil {
		return nil, err
	}
	n, err := order(name, nn)
	if err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.Shape{m, nn + n}, w)
	o.byRows(gorgonia.Nodes{w}, factorizeRows[float32](n), factorizeRows[float64](n))
	o.wrt = []int{0}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := Block(g, 0, m, 0, nn)
		return gorgonia.Nodes{d}, err
	}
	factors, err := o.apply(w)
	return &LU{factors, n}, err
}

// order returns n for the n·n columns of square matrices.
func order(name string, columns int) (int, error) {
	n := int(math.Round(math.Sqrt(float64(columns))))
	if n*n != columns {
		return 0, errors.Errorf("%s: %d columns, expected n·n, those of square matrices", name, columns)
	}
	return n, nil
}

func factorizeRows[T raw.Float](n int) rowFunc[T] {
	return func(dst, w, _, _ []T, rows int) {
		for i := range rows {
			out := dst[i*(n*n+n):][:n*n+n]
			lu, pivots := out[:n*n], out[n*n:]
			copy(lu, w[i*n*n:])
			if kernel.LU(lu, pivots, n) {
				continue
			}
			for j := range lu {
				lu[j] = T(math.NaN())
			}
			clear(pivots)
		}
	}
}

// Solve returns x (batch, n) with W·x = b in each row, for b (batch, n).
func (f *LU) Solve(b *gorgonia.Node) (*gorgonia.Node, error) {
	return f.solve("solve", b, solveRows[float32], solveRows[float64], func(_ gorgonia.Nodes, x, g *gorgonia.Node, want []bool) (gorgonia.Nodes, error) {
		// With W·x = b, the gradient of b is W⁻ᵀ·g, and that of W minus its outer
		// product with x.
		db, err := f.solve("solve transposed", g, solveTransposedRows[float32], solveTransposedRows[float64], nil)
		if err != nil || !want[0] {
			return gorgonia.Nodes{nil, db}, err
		}
		df, err := f.outer(db, x)
		return gorgonia.Nodes{df, db}, err
	})
}

// solve returns what rows make of the factors and b, with the derivative diff.
func (f *LU) solve(name string, b *gorgonia.Node, f32 rowFunc[float32], f64 rowFunc[float64], diff func(in gorgonia.Nodes, out, g *gorgonia.Node, want []bool) (gorgonia.Nodes, error)) (*gorgonia.Node, error) {
	if f == nil {
		return nil, errors.Errorf("%s: no factors, expected those of Factorize", name)
	}
	dt, m := f.factors.Dtype(), f.factors.Shape()[0]
	if err := expect(name, "b", b, dt, m, f.n); err != nil {
		return nil, err
	}
	in := gorgonia.Nodes{f.factors, b}
	o := newOp(name, dt, tensor.Shape{m, f.n}, in...)
	o.byRows(in, f32, f64)
	o.linear = []int{1}
	if diff != nil {
		o.wrt, o.diff = []int{0, 1}, diff
	}
	return o.apply(in...)
}

func solveRows[T raw.Float](dst, factors, b, _ []T, rows int) {
	copy(dst, b)
	eachSystem(dst, factors, rows, kernel.SolveLU[T])
}

func solveTransposedRows[T raw.Float](dst, factors, b, _ []T, rows int) {
	copy(dst, b)
	eachSystem(dst, factors, rows, kernel.SolveTransposedLU[T])
}

func eachSystem[T raw.Float](x, factors []T, rows int, solve func(b, lu, pivots []T)) {
	n := len(x) / rows
	for i := range rows {
		f := factors[i*(n*n+n):][:n*n+n]
		solve(x[i*n:][:n], f[:n*n], f[n*n:])
	}
}

// outer returns −y·xᵀ for each row of y and x (batch, n), as a gradient of the
// factors.
func (f *LU) outer(y, x *gorgonia.Node) (*gorgonia.Node, error) {
	m, n := f.factors.Shape()[0], f.n
	o := newOp("outer product of rows", x.Dtype(), f.factors.Shape(), y, x)
	o.run = pick(x.Dtype(), outerRun[float32](m, n, false), outerRun[float64](m, n, false))
	o.add = pick(x.Dtype(), outerRun[float32](m, n, true), outerRun[float64](m, n, true))
	o.rows = rowwise{2, pick(x.Dtype(), outerRows[float32](n), outerRows[float64](n))}
	o.linear = []int{0, 1}
	return o.apply(y, x)
}

// outerProduct is the row-wise implementation of outer.
type outerProduct[T raw.Float] struct {
	n          int
	accumulate bool
	dst, y, x  []T
}

func outerRun[T raw.Float](rows, n int, accumulate bool) func(raw.Array, []raw.Array) error {
	p := &outerProduct[T]{n: n, accumulate: accumulate}
	task := p.Rows
	return func(dst raw.Array, in []raw.Array) error {
		p.Bind(dst, in)
		kernel.Parallel(rows, max(1, rowWork/(n*n+n)), task)
		return nil
	}
}

func outerRows[T raw.Float](n int) func(bool) operation.Rowwise {
	return func(accumulate bool) operation.Rowwise { return &outerProduct[T]{n: n, accumulate: accumulate} }
}

func (p *outerProduct[T]) Bind(dst raw.Array, in []raw.Array) {
	p.dst, p.y, p.x = raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[T](in[1])
}

func (p *outerProduct[T]) Rows(lo, hi int) {
	n := p.n
	for i := lo; i < hi; i++ {
		out, y, x := p.dst[i*(n*n+n):][:n*n+n], p.y[i*n:][:n], p.x[i*n:][:n]
		if !p.accumulate {
			clear(out)
		}
		for j, c := range x {
			column := out[j*n:][:n]
			for k, v := range y {
				column[k] -= v * c
			}
		}
	}
}
