package kernel

// LinComb computes dst = Σ_i c[i]·x[i], or dst += Σ_i c[i]·x[i] with
// accumulate, in one pass over memory however many terms there are. There is
// one coefficient for each term. dst may be one of the terms.
func LinComb[T Float](dst []T, c []T, x [][]T, accumulate bool) {
	checkTerms(len(dst), len(c), x)
	if len(dst) <= blockLen {
		if !vectorLinComb(dst, c, x, 0, len(dst), accumulate) {
			linComb(dst, c, x, 0, len(dst), accumulate)
		}
		return
	}
	s := newSweep[T](opLinComb)
	s.dst, s.accumulate = dst, accumulate
	s.c = append(s.c, c...)
	s.terms = append(s.terms, x...)
	s.do(len(dst))
}

// Add computes dst += x, elementwise, on the calling goroutine.
func Add[T Float](dst, x []T) {
	one, term := [1]T{1}, [1][]T{x}
	checkTerms(len(dst), 1, term[:])
	linComb(dst, one[:], term[:], 0, len(dst), true)
}

// Scale computes x = c·x on the calling goroutine.
func Scale[T Float](x []T, c T) {
	factor, term := [1]T{c}, [1][]T{x}
	linComb(x, factor[:], term[:], 0, len(x), false)
}

// LinCombRange is LinComb for the elements lo to hi only, on the calling
// goroutine.
func LinCombRange[T Float](dst []T, c []T, x [][]T, lo, hi int, accumulate bool) {
	checkTerms(hi, len(c), x)
	linComb(dst[:hi], c, x, lo, hi, accumulate)
}

// linComb is LinComb for the elements lo to hi.
func linComb[T Float](dst, c []T, x [][]T, lo, hi int, accumulate bool) {
	if vectorLinComb(dst, c, x, lo, hi, accumulate) {
		return
	}
	// The sum is built outside dst, which may be one of the terms.
	var buf [128]T
	for ; lo < hi; lo += len(buf) {
		out := dst[lo:min(lo+len(buf), hi)]
		sum := buf[:len(out)]
		if accumulate {
			copy(sum, out)
		} else {
			clear(sum)
		}
		for i, xi := range x {
			ci, xi := c[i], xi[lo:][:len(sum)]
			for j := range sum {
				sum[j] += ci * xi[j]
			}
		}
		copy(out, sum)
	}
}

// checkTerms panics unless there are as many terms as coefficients, each with
// at least n elements. Assembly relies on it.
func checkTerms[T Float](n, coefficients int, x [][]T) {
	if coefficients != len(x) {
		panic("kernel: number of coefficients differs from number of terms")
	}
	for _, xi := range x {
		if len(xi) < n {
			panic("kernel: term shorter than destination")
		}
	}
}
