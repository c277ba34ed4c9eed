package kernel

// A RowProduct is a matrix product or an affine layer of which any rows can be
// computed by themselves, so that a worker can take some rows through a chain of
// layers while they are in its cache. The result has the same bits as that of
// [Gemm] or [Affine].
//
// Bind it to its operands, then Pack, then call Rows for all rows, from any
// number of goroutines.
type RowProduct[T Float] struct {
	g packedGemm[T]
}

// BindGemm makes r the product C = A·op(B), or C += A·op(B), of contiguous
// matrices, as in Gemm.
func (r *RowProduct[T]) BindGemm(transB bool, m, n, k int, a, b []T, accumulate bool, c []T) {
	ldb := n
	if transB {
		ldb = k
	}
	r.bind(product[T]{
		transB: transB, m: m, n: n, k: k, alpha: 1,
		a: a, lda: k, b: b, ldb: ldb, c: c, ldc: n, accumulate: accumulate,
	})
}

// BindAffine makes r the layer dst = act(x·w + t·wt + b), as in Affine.
func (r *RowProduct[T]) BindAffine(act Activation, m, n, k int, x, w, b, wt []T, t T, dst []T) {
	r.bind(affine(act, m, n, k, x, w, b, wt, t, dst))
}

func (r *RowProduct[T]) bind(p product[T]) {
	if p.m > 0 && p.n > 0 {
		p.check()
	}
	r.g.product = p
	if !p.few() {
		r.g.prepare()
	}
}

// Pack packs op(B).
func (r *RowProduct[T]) Pack() {
	if r.g.n > 0 && !r.g.few() {
		r.g.packRight(0, r.g.n)
	}
}

// Share takes over what Pack did for another product with the same op(B).
func (r *RowProduct[T]) Share(o *RowProduct[T]) {
	r.g.right, r.g.j0, r.g.cols = o.g.right, 0, r.g.n
}

// Rows computes the rows lo to hi.
func (r *RowProduct[T]) Rows(lo, hi int) {
	switch {
	case r.g.n == 0:
	case r.g.few():
		r.g.direct(lo, hi)
	default:
		r.g.block(lo, hi, 0, r.g.n)
	}
}
