package ops

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Affine returns act(x·w + t·wt + b) for x (batch, in) and w (in, out), a
// matrix (batch, out). The bias b (out) may be nil. The time column wt (out)
// and the scalar t, of the same element type as x, come together or are both
// nil: they are the last row of the weights that act on [x; t] in the paper's
// Eq. 12 and 13. With a column t (batch, 1) each row has a time of its own.
//
// The derivative of the activation is a function of its output, so the reverse
// pass needs x, w and the result alone. The time is differentiated within dynamics
// alone, see graph.Scope.JVP.
func Affine(act Activation, x, w, b, wt, t *gorgonia.Node) (*gorgonia.Node, error) {
	if err := known(act); err != nil {
		return nil, err
	}
	name := "affine " + act.String()
	dt, m, k, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	_, wk, n, err := matrix(name, "w", w)
	if err != nil {
		return nil, err
	}
	if wk != k {
		return nil, errors.Errorf("%s: x is (%d, %d) and w is (%d, %d), expected w with %d rows", name, m, k, wk, n, k)
	}
	if err := expect(name, "w", w, dt, k, n); err != nil {
		return nil, err
	}
	if (wt == nil) != (t == nil) {
		return nil, errors.Errorf("%s: the time column or the time is nil, expected both or neither", name)
	}
	in := gorgonia.Nodes{x, w}
	bias, column := -1, -1
	if b != nil {
		if err := expect(name, "b", b, dt, n); err != nil {
			return nil, err
		}
		bias = len(in)
		in = append(in, b)
	}
	if wt != nil {
		if err := expect(name, "wt", wt, dt, n); err != nil {
			return nil, err
		}
		if err := timeOf(name, t, dt, m); err != nil {
			return nil, err
		}
		column = len(in)
		in = append(in, wt, t)
	}
	o := newOp(name, dt, tensor.Shape{m, n}, in...)
	a := affine{act: act, m: m, n: n, k: k, bias: bias, column: column, byRows: byRows(t)}
	o.run = pick(dt, affineRun[float32](a), affineRun[float64](a))
	if a.byRows {
		o.run = pick(dt, affineTimesRun[float32](a), affineTimesRun[float64](a))
	}
	o.rows = rowwise{1, pick(dt, affineRows[float32](a, false), affineRows[float64](a, false))}
	o.exact = func(o *op) {
		o.run = pick(dt, exactRun(affineBinding[float32](a)), exactRun(affineBinding[float64](a)))
		o.rows.kernel = pick(dt, affineRows[float32](a, true), affineRows[float64](a, true))
	}
	for i := range in {
		if column < 0 || i != column+1 {
			o.wrt = append(o.wrt, i)
		} else {
			o.times = []int{i}
		}
	}
	o.diff = a.diff
	return o.apply(in...)
}

// affine is the shape of an affine operation: the positions of its optional
// inputs are -1 where there is none.
type affine struct {
	act          Activation
	m, n, k      int
	bias, column int
	byRows       bool // whether the time is a column
}

// affineTerms returns the bias, the time column and the time.
func affineTerms[T raw.Float](a affine, in []raw.Array) (b, wt []T, t T) {
	if a.bias >= 0 {
		b = raw.Slice[T](in[a.bias])
	}
	if a.column >= 0 {
		wt, t = raw.Slice[T](in[a.column]), raw.Slice[T](in[a.column+1])[0]
	}
	return b, wt, t
}

func affineRun[T raw.Float](a affine) operation.Kernel {
	general := func(dst raw.Array, in []raw.Array) error {
		b, wt, t := affineTerms[T](a, in)
		x, w, y := raw.Slice[T](in[0]), raw.Slice[T](in[1]), raw.Slice[T](dst)
		if kernel.InUse() {
			kernel.Affine(a.act, a.m, a.n, a.k, x, w, b, wt, t, y)
			return nil
		}
		fillRows(a.n, b, wt, t, y)
		gemm(false, false, a.m, a.n, a.k, x, w, true, y)
		kernel.Activate(a.act, y, y)
		return nil
	}
	if !kernel.IsSmall(false, false, a.m, a.n, a.k) {
		return general
	}
	p := &kernel.SmallProduct[T]{M: a.m, N: a.n, K: a.k, Act: a.act}
	return func(dst raw.Array, in []raw.Array) error {
		if !kernel.InUse() {
			return general(dst, in)
		}
		p.A, p.B, p.C = raw.Slice[T](in[0]), raw.Slice[T](in[1]), raw.Slice[T](dst)
		if a.bias >= 0 {
			p.Bias = raw.Slice[T](in[a.bias])
		}
		if a.column >= 0 {
			p.WT, p.T = raw.Slice[T](in[a.column]), raw.Slice[T](in[a.column+1])[0]
		}
		p.Compute()
		return nil
	}
}

func affineBinding[T raw.Float](a affine) rowBinding[T] {
	if a.byRows {
		return affineTimesBinding[T](a)
	}
	return func(p *kernel.RowProduct[T], dst raw.Array, in []raw.Array) {
		b, wt, t := affineTerms[T](a, in)
		p.BindAffine(a.act, a.m, a.n, a.k, raw.Slice[T](in[0]), raw.Slice[T](in[1]), b, wt, t, raw.Slice[T](dst))
	}
}

func affineRows[T raw.Float](a affine, exact bool) func(bool) operation.Rowwise {
	return func(bool) operation.Rowwise {
		r := &rowProduct[T]{bind: affineBinding[T](a)}
		r.Exact = exact
		return r
	}
}

func (a affine) diff(in gorgonia.Nodes, out, grad *gorgonia.Node, want []bool) (gorgonia.Nodes, error) {
	g, err := activationGrad(a.act, out, grad)
	if err != nil {
		return nil, err
	}
	d := make(gorgonia.Nodes, len(in))
	if want[0] {
		if d[0], err = MatMul(g, in[1], false, true); err != nil {
			return nil, err
		}
	}
	if want[1] {
		if d[1], err = MatMul(in[0], g, true, false); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(want[2:], true) {
		return d, nil
	}
	if a.byRows {
		return a.diffTimes(d, in, g, want)
	}
	sum, err := colSum(g)
	if err != nil {
		return nil, err
	}
	if a.bias >= 0 {
		d[a.bias] = sum
	}
	if a.column >= 0 && want[a.column] {
		if d[a.column], err = LinComb([]Term{{X: sum, C: 1, Scaled: true}}, in[a.column+1], nil); err != nil {
			return nil, err
		}
	}
	if a.column >= 0 && want[a.column+1] {
		d[a.column+1], err = inner(sum, in[a.column])
	}
	return d, err
}

// fillRows sets every row of y to b + t·wt, the part of an affine map that
// does not depend on x.
func fillRows[T raw.Float](n int, b, wt []T, t T, y []T) {
	if len(y) == 0 {
		return
	}
	row := y[:n]
	clear(row)
	if b != nil {
		copy(row, b)
	}
	for j, w := range wt {
		row[j] += t * w
	}
	for i := n; i < len(y); i += n {
		copy(y[i:i+n], row)
	}
}
