package kernel

// LU factorizes an n×n matrix A, stored column after column, in place by Gaussian
// elimination with partial pivoting: P·A = L·U, with U in the upper triangle of a and
// L below it, without its diagonal of ones. Step k interchanges the rows k and
// pivots[k]. It reports false if A is singular or not finite, in which case what it
// leaves is no factorization.
//
// See Golub and Van Loan, Matrix Computations, section 3.4.
func LU[T Float](a, pivots []T, n int) bool {
	for k := range n {
		column := a[k*n:][:n]
		p, largest := k, T(0)
		for i := k; i < n; i++ {
			if x := abs(column[i]); x > largest {
				p, largest = i, x
			}
		}
		// A NaN is never the largest. It spreads over its row, which is the last one
		// to be chosen, or to a whole column, so that it is not missed.
		if largest == 0 || largest-largest != 0 {
			return false
		}
		pivots[k] = T(p)
		if p != k {
			for j := 0; j < len(a); j += n {
				a[j+k], a[j+p] = a[j+p], a[j+k]
			}
		}
		below := column[k+1:]
		for i := range below {
			below[i] /= column[k]
		}
		for j := (k + 1) * n; j < len(a); j += n {
			addScaled(a[j+k+1:j+n], -a[j+k], below)
		}
	}
	return true
}

// SolveLU overwrites b with A⁻¹·b, given what LU makes of A.
func SolveLU[T Float](b, lu, pivots []T) {
	n := len(b)
	for k, p := range pivots {
		b[k], b[int(p)] = b[int(p)], b[k]
	}
	for k := range n {
		addScaled(b[k+1:], -b[k], lu[k*n+k+1:(k+1)*n])
	}
	for k := n - 1; k >= 0; k-- {
		b[k] /= lu[k*n+k]
		addScaled(b[:k], -b[k], lu[k*n:])
	}
}

// SolveTransposedLU overwrites b with A⁻ᵀ·b, given what LU makes of A.
func SolveTransposedLU[T Float](b, lu, pivots []T) {
	n := len(b)
	for k := range n {
		b[k] = (b[k] - dotProduct(b[:k], lu[k*n:])) / lu[k*n+k]
	}
	for k := n - 1; k >= 0; k-- {
		b[k] -= dotProduct(b[k+1:], lu[k*n+k+1:])
	}
	for k := n - 1; k >= 0; k-- {
		p := int(pivots[k])
		b[k], b[p] = b[p], b[k]
	}
}

func abs[T Float](x T) T {
	if x < 0 {
		return -x
	}
	return x
}

// addScaled computes dst += c·x for short vectors.
func addScaled[T Float](dst []T, c T, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] += c * v
	}
}

// dotProduct returns the inner product of x and as much of y.
func dotProduct[T Float](x, y []T) (sum T) {
	y = y[:len(x)]
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}
