package integrators

import "cmp"

// newSDEControl starts the step size control of one solve of an SDE with the
// given settings, nil meaning the defaults. These are those of a Controller but
// for MaxFactor, which is 9/8: the error of a step depends on its noise, and one
// step of little noise is no reason to take the next much longer. The exponents of
// PI control are β1 = 7/10γ and β2 = 2/5γ for strong order γ, as in
// StochasticDiffEq.jl, so that the steps of the methods of order 1.5 settle where
// E = 0.9⁵ = 0.59. The error estimate of a step is O(h).
func newSDEControl(settings *Controller, order float64) (*stepControl, error) {
	var c Controller
	if settings != nil {
		c = *settings
	}
	c.MaxFactor = cmp.Or(c.MaxFactor, 9.0/8)
	return newStepControl(&c, 1, 7/(10*order), 2/(5*order))
}
