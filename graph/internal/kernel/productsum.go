package kernel

// ProductSum computes dst = Σ_i c[i]·x[i]⊙y[i] for the elements lo to hi, or
// adds it to dst with accumulate, on the calling goroutine. A nil y[i] stands
// for ones. dst must not be one of the factors.
func ProductSum[T Float](dst, c []T, x, y [][]T, lo, hi int, accumulate bool) {
	checkTerms(hi, len(c), x)
	dst = dst[:hi]
	// Some products of a block are formed at a time, and added up in one pass
	// while they are in the first-level cache.
	var (
		block [4][256]T
		terms [len(block)][]T
	)
	for ; lo < hi; lo += len(block[0]) {
		n := min(len(block[0]), hi-lo)
		out, add := dst[lo:lo+n], accumulate
		for from := 0; from < len(c); from += len(block) {
			some := c[from:min(from+len(block), len(c))]
			for i := range some {
				xi := x[from+i][lo : lo+n]
				terms[i] = xi
				if yi := y[from+i]; yi != nil {
					terms[i] = block[i][:n]
					mul(terms[i], xi, yi[lo:lo+n])
				}
			}
			linComb(out, some, terms[:len(some)], 0, n, add)
			add = true
		}
	}
}
