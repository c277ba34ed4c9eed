package kernel

import "math"

// ErrorSumSq returns Σ_i (u_i/s_i)², the sum under the square root of the
// tolerance-scaled error norm of Hairer, Nørsett & Wanner, Solving Ordinary
// Differential Equations I, eq. II.4.11, with
//
//	u   = Σ_j c[j]·k[j]
//	s_i = atol + max(|z_i|, |z1_i|)·rtol
//
// computed in float64 whatever T is. The coefficients c contain the step size.
func ErrorSumSq[T Float](z, z1 []T, c []float64, k [][]T, atol, rtol float64) float64 {
	n := len(z)
	z1 = z1[:n]
	checkTerms(n, len(c), k)
	if n <= blockLen {
		e := scaledError[T]{z, z1, c, k, atol, rtol}
		return e.sumSq(0, n)
	}
	s := newSweep[T](opErrorSumSq)
	s.setError(z, z1, c, k, atol, rtol)
	return s.sum(n)
}

// ErrorGrad computes dst_i = scale·u_i/s_i², with u and s as in [ErrorSumSq].
// It is the derivative of scale/2·Σ(u_i/s_i)² with respect to u, the scales s
// held fixed. dst may be z, z1 or one of k.
func ErrorGrad[T Float](dst, z, z1 []T, c []float64, k [][]T, atol, rtol, scale float64) {
	n := len(dst)
	z, z1 = z[:n], z1[:n]
	checkTerms(n, len(c), k)
	if n <= blockLen {
		e := scaledError[T]{z, z1, c, k, atol, rtol}
		e.grad(dst, 0, n, scale)
		return
	}
	s := newSweep[T](opErrorGrad)
	s.setError(z, z1, c, k, atol, rtol)
	s.dst, s.scale = dst, scale
	s.do(n)
}

// ScaledSumSq returns Σ_i (x_i/(atol + |z_i|·rtol))².
func ScaledSumSq[T Float](x, z []T, atol, rtol float64) float64 {
	return ErrorSumSq(z[:len(x)], z, []float64{1}, [][]T{x}, atol, rtol)
}

// ScaledDiffSumSq returns Σ_i ((x_i-y_i)/(atol + |z_i|·rtol))².
func ScaledDiffSumSq[T Float](x, y, z []T, atol, rtol float64) float64 {
	return ErrorSumSq(z[:len(x)], z, []float64{1, -1}, [][]T{x, y}, atol, rtol)
}

// scaledError is the vector u_i/s_i of ErrorSumSq, not yet computed.
type scaledError[T Float] struct {
	z, z1      []T
	c          []float64
	k          [][]T
	atol, rtol float64
}

// setError copies the lists of coefficients and terms, so that the caller's may
// stay on the caller's stack.
func (s *sweep[T]) setError(z, z1 []T, c []float64, k [][]T, atol, rtol float64) {
	s.err = scaledError[T]{z, z1, append(s.err.c, c...), append(s.err.k, k...), atol, rtol}
}

// sumSq adds up the elements lo to hi.
func (e *scaledError[T]) sumSq(lo, hi int) float64 {
	if sum, ok := e.vectorSumSq(lo, hi); ok {
		return sum
	}
	var sum float64
	var buf [128]float64
	for ; lo < hi; lo += len(buf) {
		u := buf[:min(len(buf), hi-lo)]
		e.combine(u, lo)
		for i, v := range u {
			r := v / e.scale(lo+i)
			sum += r * r
		}
	}
	return sum
}

// grad writes scale·u/s² for the elements lo to hi.
func (e *scaledError[T]) grad(dst []T, lo, hi int, scale float64) {
	if e.vectorGrad(dst, lo, hi, scale) {
		return
	}
	var buf [128]float64
	for ; lo < hi; lo += len(buf) {
		u := buf[:min(len(buf), hi-lo)]
		e.combine(u, lo)
		for i, v := range u {
			s := e.scale(lo + i)
			dst[lo+i] = T(scale * v / (s * s))
		}
	}
}

// combine computes u = Σ_j c[j]·k[j] for the elements from lo on.
func (e *scaledError[T]) combine(u []float64, lo int) {
	clear(u)
	for j, kj := range e.k {
		cj, kj := e.c[j], kj[lo:][:len(u)]
		for i, v := range kj {
			u[i] += cj * float64(v)
		}
	}
}

// scale returns s_i.
func (e *scaledError[T]) scale(i int) float64 {
	return e.atol + max(math.Abs(float64(e.z[i])), math.Abs(float64(e.z1[i])))*e.rtol
}
