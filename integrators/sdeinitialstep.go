package integrators

import "math"

// The first step of an SDE follows StochasticDiffEq.jl, which extends the rule for
// ODEs by counting three standard deviations of the noise with the drift. It costs
// two evaluations of drift and diffusion, f0 and g0 at the initial point u0 and
// f1 and g1 after a probing Euler step without noise, u0 + h0 f0, which are the
// caller's:
//
//	h0 = probeStep(d0, d1, hmax)            with d0 = RMS(u0/sk), d1 = RMS((|f0| + 3|g0|)/sk)
//	h  = sdeInitialStep(h0, d1, change, …)  with change = RMS((|f1-f0| + 3|g0| + 3|g1|)/sk)
//
// where sk = atol + |u0| rtol. The sums of absolute values are the larger of |a+b|
// and |a-b|, the extremes of a drift a with noise of either sign.

// sdeInitialStep returns the size of the first step of a method of the given
// strong order γ after a probing step of size h0, over which the scaled slope of
// norm d1 changed by at most change. The step is the one for which h^(γ+1/2) times
// the larger of slope and change per time is 0.01, but not above 100 h0, and
// within [hmin, hmax]. All step sizes are magnitudes; norms that are not finite
// give a step that is not, or is hmin.
func sdeInitialStep(h0, d1, change, strongOrder, hmin, hmax float64) float64 {
	h1 := max(1e-6, 1e-3*h0)
	if m := max(d1, change/h0); !(m <= 1e-15) {
		h1 = math.Pow(10, -(2+math.Log10(m))/(strongOrder+0.5))
	}
	return max(hmin, min(100*h0, h1, hmax))
}

// sdeFirstStep is the firstStep of methods for stochastic equations. A slope that
// overflows is an error; the probe need not, since it leaves the noise out.
func sdeFirstStep(h0, d1, change, order, hmin, hmax float64) float64 {
	if math.IsInf(d1, 0) || math.IsInf(change, 0) {
		return math.NaN()
	}
	return sdeInitialStep(h0, d1, change, order, hmin, hmax)
}
