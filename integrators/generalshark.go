package integrators

// GeneralShARK is the generalized shifted additive-noise Runge–Kutta method of diffrax:
// noise of any form, two evaluations of the drift, strong order 1.5 if the noise is
// additive. It has no error estimate.
//
// J. Foster, G. dos Reis and C. Strange, High order splitting methods for SDEs
// satisfying a commutativity condition, SIAM Journal on Numerical Analysis 62 (2024),
// 500–532, with the coefficients of diffrax.
var GeneralShARK = &SRK{
	Name:   "GeneralShARK",
	Orders: StrongOrders{General: 0.5, Commutative: 1, Additive: 1.5},

	C:  []float64{0, 0, 5. / 6},
	A:  [][]float64{{}, {0}, {0, 5. / 6}},
	AW: [][]float64{{}, {0}, {0, 5. / 6}},
	AH: [][]float64{{}, {1}, {1, 0}},
	B:  []float64{0, 0.4, 0.6},
	BW: []float64{0, 0.4, 0.6},
	BH: []float64{0, 1.2, -1.2},
}
