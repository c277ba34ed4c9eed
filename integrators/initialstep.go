package integrators

import "math"

// The first step follows section II.4, "Starting Step Size", of Hairer, Nørsett
// and Wanner, Solving Ordinary Differential Equations I, in the variant of
// OrdinaryDiffEq.jl: norms are root mean squares of entries scaled by
// sk = atol + |u0| rtol, and the exponent is 1/p. It costs two evaluations, f0 at
// the initial point and f1 after a probing Euler step, which are the caller's:
//
//	h0 = probeStep(d0, d1, hmax)            with d0 = RMS(u0/sk), d1 = RMS(f0/sk)
//	h  = initialStep(h0, d1, change, …)     with change = RMS((f1-f0)/sk)
//
// All step sizes here are magnitudes. Norms that are not finite give a step that
// is not, or is zero.

// probeStep returns the size of the Euler step that probes the field: it changes
// the state by about one per cent. It is zero where the norms do not say what that is,
// as when both have overflowed.
func probeStep(d0, d1, hmax float64) float64 {
	h0 := 1e-6
	if !(d0 < 1e-5 || d1 < 1e-5) {
		h0 = d0 / d1 / 100
	}
	if math.IsNaN(h0) {
		return 0
	}
	return min(h0, hmax)
}

// initialStep returns the size of the first step of a method of the given order
// after a probing step of size h0, over which the scaled derivative of norm d1
// changed by change. The step is the one for which h^order times the larger of
// the first two derivatives is 0.01, but not above 100 h0, and within
// [hmin, hmax]. No change at all, as in a constant field, gives 100 h0.
func initialStep(h0, d1, change, order, hmin, hmax float64) float64 {
	if change == 0 {
		return max(hmin, 100*h0)
	}
	d2 := change / h0
	h1 := max(1e-6, 1e-3*h0)
	if m := max(d1, d2); !(m <= 1e-15) {
		h1 = math.Pow(10, -(2+math.Log10(m))/order)
	}
	return max(hmin, min(100*h0, h1, hmax))
}
