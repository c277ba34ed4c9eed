package kernel

// NoiseComb computes, or adds to dst with accumulate,
//
//	dst = Σ_i c[i]·x[i] + Σ_m noise[m] ⊙ Σ_i b[m][i]·x[i],
//
// a linear combination whose coefficients depend on the element through noise:
// the stages of a stochastic Runge–Kutta step. Each of c and the b has one
// coefficient for every term; a nil b[m] leaves its noise out. dst must not be
// one of the operands.
func NoiseComb[T Float](dst, c []T, x, noise, b [][]T, accumulate bool) {
	NoiseCombRange(dst, c, x, noise, b, 0, len(dst), accumulate)
}

// NoiseCombRange is NoiseComb for the elements lo to hi only, on the calling
// goroutine.
func NoiseCombRange[T Float](dst, c []T, x, noise, b [][]T, lo, hi int, accumulate bool) {
	checkTerms(hi, len(c), x)
	for m, z := range noise {
		if b[m] != nil {
			checkTerms(hi, len(b[m]), x)
			_ = z[:hi]
		}
	}
	if dst = dst[:hi]; !vectorNoiseComb(dst, c, x, noise, b, lo, hi, accumulate) {
		noiseCombPasses(dst, c, x, noise, b, lo, hi, accumulate)
	}
}

// noiseCombPasses is NoiseCombRange in one pass over dst for each noise, which gives
// the same bits.
func noiseCombPasses[T Float](dst, c []T, x, noise, b [][]T, lo, hi int, accumulate bool) {
	linComb(dst, c, x, lo, hi, accumulate)
	AddNoiseRange(dst, x, noise, b, lo, hi)
}

// AddNoiseRange adds the terms with noise of NoiseComb to the elements lo to hi, on the
// calling goroutine.
func AddNoiseRange[T Float](dst []T, x, noise, b [][]T, lo, hi int) {
	var buf [256]T
	for m, z := range noise {
		if b[m] == nil {
			continue
		}
		checkTerms(hi, len(b[m]), x)
		z = z[:hi]
		for at := lo; at < hi; at += len(buf) {
			end := min(at+len(buf), hi)
			// The terms are combined in a buffer whose first element stands for at.
			part := buf[:end-at]
			combineAt(part, b[m], x, at)
			mul(part, part, z[at:end])
			Add(dst[at:end], part)
		}
	}
}

// combineAt computes dst = Σ_i c[i]·x[i] for the elements of x from at on.
func combineAt[T Float](dst, c []T, x [][]T, at int) {
	var shifted [8][]T
	for i := 0; i < len(x); i += len(shifted) {
		n := min(len(shifted), len(x)-i)
		for j := range n {
			shifted[j] = x[i+j][at:][:len(dst)]
		}
		linComb(dst, c[i:i+n], shifted[:n], 0, len(dst), i > 0)
	}
}
