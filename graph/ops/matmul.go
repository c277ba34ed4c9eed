package ops

import (
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/blas"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// MatMul returns op(a)·op(b), where op transposes its matrix if asked to.
func MatMul(a, b *gorgonia.Node, transA, transB bool) (*gorgonia.Node, error) {
	const name = "matmul"
	dt, m, k, err := matrix(name, "a", a)
	if err != nil {
		return nil, err
	}
	bt, kb, n, err := matrix(name, "b", b)
	if err != nil {
		return nil, err
	}
	if transA {
		m, k = k, m
	}
	if transB {
		kb, n = n, kb
	}
	if k != kb || dt != bt {
		return nil, errors.Errorf("matmul: (%d, %d) of %v by (%d, %d) of %v, expected as many columns as rows, of one element type", m, k, dt, kb, n, bt)
	}
	o := newOp(name, dt, tensor.Shape{m, n}, a, b)
	o.run = pick(dt, matmulRun[float32](transA, transB, m, n, k, false), matmulRun[float64](transA, transB, m, n, k, false))
	o.add = pick(dt, matmulRun[float32](transA, transB, m, n, k, true), matmulRun[float64](transA, transB, m, n, k, true))
	if !transA {
		o.rows = rowwise{1, pick(dt, matmulRows[float32](transB, m, n, k, false), matmulRows[float64](transB, m, n, k, false))}
		o.exact = func(o *op) {
			o.run = pick(dt, exactRun(matmulBinding[float32](transB, m, n, k, false)), exactRun(matmulBinding[float64](transB, m, n, k, false)))
			o.add = pick(dt, exactRun(matmulBinding[float32](transB, m, n, k, true)), exactRun(matmulBinding[float64](transB, m, n, k, true)))
			o.rows.kernel = pick(dt, matmulRows[float32](transB, m, n, k, true), matmulRows[float64](transB, m, n, k, true))
		}
	}
	if transA && !transB {
		o.sum = reduction{k, pick(dt, newRowReduction[float32](m, n), newRowReduction[float64](m, n))}
	}
	o.column = func(i int) (*gorgonia.Node, error) {
		r0, r1, c0, c1 := 0, k, i, i+1
		if transB {
			r0, r1, c0, c1 = i, i+1, 0, k
		}
		c, err := Block(b, r0, r1, c0, c1)
		if err != nil {
			return nil, err
		}
		return MatMul(a, c, transA, transB)
	}
	o.linear = []int{0, 1}
	o.wrt = []int{0, 1}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		a, b := in[0], in[1]
		d = make(gorgonia.Nodes, 2)
		if want[0] {
			if transA {
				d[0], err = MatMul(b, g, transB, true)
			} else {
				d[0], err = MatMul(g, b, false, !transB)
			}
			if err != nil {
				return nil, err
			}
		}
		if want[1] {
			if transB {
				d[1], err = MatMul(g, a, true, transA)
			} else {
				d[1], err = MatMul(a, g, !transA, false)
			}
		}
		return d, err
	}
	return o.apply(a, b)
}

func matmulRun[T raw.Float](transA, transB bool, m, n, k int, accumulate bool) func(raw.Array, []raw.Array) error {
	general := func(dst raw.Array, in []raw.Array) error {
		gemm(transA, transB, m, n, k, raw.Slice[T](in[0]), raw.Slice[T](in[1]), accumulate, raw.Slice[T](dst))
		return nil
	}
	if !kernel.IsSmall(transA, transB, m, n, k) {
		return general
	}
	p := &kernel.SmallProduct[T]{TransA: transA, TransB: transB, M: m, N: n, K: k, Accumulate: accumulate}
	return func(dst raw.Array, in []raw.Array) error {
		if !kernel.InUse() {
			return general(dst, in)
		}
		p.A, p.B, p.C = raw.Slice[T](in[0]), raw.Slice[T](in[1]), raw.Slice[T](dst)
		p.Compute()
		return nil
	}
}

func matmulBinding[T raw.Float](transB bool, m, n, k int, accumulate bool) rowBinding[T] {
	return func(p *kernel.RowProduct[T], dst raw.Array, in []raw.Array) {
		p.BindGemm(transB, m, n, k, raw.Slice[T](in[0]), raw.Slice[T](in[1]), accumulate, raw.Slice[T](dst))
	}
}

func matmulRows[T raw.Float](transB bool, m, n, k int, exact bool) func(bool) operation.Rowwise {
	return func(accumulate bool) operation.Rowwise {
		r := &rowProduct[T]{transposed: transB, bind: matmulBinding[T](transB, m, n, k, accumulate)}
		r.Exact = exact
		return r
	}
}

// gemm computes c = op(a)·op(b), or c += op(a)·op(b), for contiguous matrices
// on the implementation set with gorgonia.Use.
func gemm[T raw.Float](transA, transB bool, m, n, k int, a, b []T, accumulate bool, c []T) {
	lda, ldb := k, n
	if transA {
		lda = m
	}
	if transB {
		ldb = k
	}
	if kernel.InUse() {
		kernel.Gemm(transA, transB, m, n, k, a, lda, b, ldb, accumulate, c, n)
		return
	}
	ta, tb := blas.NoTrans, blas.NoTrans
	if transA {
		ta = blas.Trans
	}
	if transB {
		tb = blas.Trans
	}
	beta := 0.0
	if accumulate {
		beta = 1
	}
	switch c := any(c).(type) {
	case []float32:
		gorgonia.WhichBLAS().Sgemm(ta, tb, m, n, k, 1, any(a).([]float32), lda, any(b).([]float32), ldb, float32(beta), c, n)
	case []float64:
		gorgonia.WhichBLAS().Dgemm(ta, tb, m, n, k, 1, any(a).([]float64), lda, any(b).([]float64), ldb, beta, c, n)
	}
}
