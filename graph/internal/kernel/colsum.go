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

// colSum is ColSum for the columns lo to hi. It adds several rows at a time to
// save passes over dst.
func colSum[T Float](dst []T, m int, g []T, lo, hi int, accumulate bool) {
	const group = 8
	ones := [group]T{1, 1, 1, 1, 1, 1, 1, 1}
	var rows [group][]T
	n := len(dst)
	if m == 0 && !accumulate {
		clear(dst[lo:hi])
	}
	for i := 0; i < m; i += group {
		r := min(group, m-i)
		for j := range r {
			rows[j] = g[(i+j)*n:][:n]
		}
		linComb(dst, ones[:r], rows[:r], lo, hi, accumulate || i > 0)
	}
}
