package kernel

// IsSmall reports whether a product is too small for packing to pay. MulSmall and
// AffineSmall compute such products: they do the same as Gemm and Affine, with less
// around it, for contiguous matrices.
func IsSmall(transA, transB bool, m, n, k int) bool {
	p := product[float64]{transA: transA, transB: transB, m: m, n: n, k: k, alpha: 1}
	return min(m, n, k) > 0 && p.few()
}

// MulSmall computes C = op(A)·op(B) or, with accumulate, C += op(A)·op(B), for a
// product that IsSmall.
func MulSmall[T Float](transA, transB bool, m, n, k int, a, b []T, accumulate bool, c []T) {
	a, b, c = a[:m*k], b[:k*n], c[:m*n]
	ars, acs := k, 1
	if transA {
		ars, acs = 1, m
	}
	if !transB {
		combineRows(m, n, k, a, ars, acs, b, accumulate, c)
		return
	}
	for i := range m {
		rowDot(n, k, a[i*ars:], acs, b, k, accumulate, c[i*n:][:n])
	}
}

// AffineSmall computes dst = act(x·w + t·wt + b) for a product that IsSmall; see
// Affine.
func AffineSmall[T Float](act Activation, m, n, k int, x, w, b, wt []T, t T, dst []T) {
	x, w, dst = x[:m*k], w[:k*n], dst[:m*n]
	starts := false
	for i := range m {
		starts = beginRow(dst[i*n:][:n], b, wt, t)
	}
	combineRows(m, n, k, x, k, 1, w, starts, dst)
	if act != Identity {
		activate(act, dst, dst)
	}
}

// combineRows computes the rows C[i,:] (+)= Σ_p a[i·ars+p·acs]·B[p,:], for contiguous
// B (k, n) and C (m, n).
func combineRows[T Float](m, n, k int, a []T, ars, acs int, b []T, accumulate bool, c []T) {
	if vectorCombineRows(m, n, k, a, ars, acs, b, accumulate, c) {
		return
	}
	for i := range m {
		rowCombine(n, k, a[i*ars:], acs, b, n, accumulate, c[i*n:][:n])
	}
}
