package kernel

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
)

// BLAS is gonum's implementation with the general matrix product replaced by
// [Gemm]. Hand it to gorgonia.Use to run Gorgonia's own products on it. Its
// argument checks panic with the messages of gonum's. Unlike gonum's, the
// product propagates NaN and infinities that meet a zero.
type BLAS struct{ gonum.Implementation }

var (
	_ blas.Float32    = BLAS{}
	_ blas.Float64    = BLAS{}
	_ blas.Complex64  = BLAS{}
	_ blas.Complex128 = BLAS{}
)

// Sgemm computes C = alpha·op(A)·op(B) + beta·C in float32; see [blas.Float32Level3].
func (BLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dgemm computes C = alpha·op(A)·op(B) + beta·C in float64; see [blas.Float64Level3].
func (BLAS) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

func gemm[T Float](tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	transA, transB := transposed(tA), transposed(tB)
	rowsA, colsA, rowsB, colsB := m, k, k, n
	if transA {
		rowsA, colsA = k, m
	}
	if transB {
		rowsB, colsB = n, k
	}
	switch {
	case m < 0:
		panic("blas: m < 0")
	case n < 0:
		panic("blas: n < 0")
	case k < 0:
		panic("blas: k < 0")
	case lda < max(1, colsA):
		panic("blas: bad leading dimension of A")
	case ldb < max(1, colsB):
		panic("blas: bad leading dimension of B")
	case ldc < max(1, n):
		panic("blas: bad leading dimension of C")
	case m == 0 || n == 0:
		return
	case len(a) < (rowsA-1)*lda+colsA:
		panic("blas: insufficient length of a")
	case len(b) < (rowsB-1)*ldb+colsB:
		panic("blas: insufficient length of b")
	case len(c) < (m-1)*ldc+n:
		panic("blas: insufficient length of c")
	}
	if beta != 0 {
		for i := range m {
			scal(beta, c[i*ldc:][:n])
		}
	}
	if alpha == 0 {
		k = 0 // A and B are not read
	}
	p := product[T]{
		transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha,
		a: a, lda: lda, b: b, ldb: ldb, c: c, ldc: ldc, accumulate: beta != 0,
	}
	p.compute()
}

func transposed(t blas.Transpose) bool {
	switch t {
	case blas.NoTrans:
		return false
	case blas.Trans, blas.ConjTrans:
		return true
	}
	panic("blas: illegal transpose")
}

// InUse reports whether products run on this project's own kernels, as all row-wise
// ones do. After gorgonia.Use of another implementation the others go through that.
func InUse() bool {
	_, ok := gorgonia.WhichBLAS().(BLAS)
	return ok
}
