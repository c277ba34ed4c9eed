package kernel

// ColSum computes the column sums dst[j] = Σ_i g[i·n+j] of the m×n matrix g,
// or adds them to dst with accumulate. dst has n elements.
func ColSum[T Float](dst []T, m, n int, g []T, accumulate bool) {
	dst, g = dst[:n], g[:m*n]
	if m*n <= blockLen {
		colSum(dst, m, g, 0, n, accumulate)
		return
	}
	s := newSweep[T](opColSum)
	s.dst, s.x, s.rows, s.accumulate = dst, g, m, accumulate
	// Blocks are ranges of columns: each column is summed by one worker.
	parallel(n, max(64, blockLen/m), s)
	s.free()
}

// colSum is ColSum for the columns lo to hi.
func colSum[T Float](dst []T, m int, g []T, lo, hi int, accumulate bool) {
	if m > 0 && lo < hi {
		ones := [1]T{1}
		rowCombine(1, hi-lo, m, ones[:], 0, 0, g[lo:], len(dst), accumulate, dst[lo:], 0)
	} else if !accumulate {
		clear(dst[lo:hi])
	}
}
