package integrators

// SlowRK is the method of diffrax for commutative noise of strong order 1.5, with two
// evaluations of the drift and five of the diffusion. It has no error estimate.
//
// J. Foster, G. dos Reis and C. Strange, High order splitting methods for SDEs
// satisfying a commutativity condition, SIAM Journal on Numerical Analysis 62 (2024),
// 500–532, with the coefficients of diffrax.
var SlowRK = &SRK{
	Name:   "SlowRK",
	Orders: StrongOrders{Commutative: 1.5, Additive: 1.5},

	C: []float64{0, 0.5, 0.5, 0.5, 0.5, 0.75, 1},
	A: [][]float64{
		{},
		{0.5},
		{0.5, 0},
		{0.5, 0, 0},
		{0.5, 0, 0, 0},
		{0.75, 0, 0, 0, 0},
		{1, 0, 0, 0, 0, 0},
	},
	AW: [][]float64{
		{},
		{0},
		{0, 0.5},
		{0, 0, 0.5},
		{0, 0, 0, 1},
		{0, 0, 0, 0.75, 0},
		{0, 0, 0.5, 0, 0, 0},
	},
	AH: [][]float64{
		{},
		{0},
		{0, 0},
		{0, 0, 0},
		{0, 0, 0, 0},
		{0, 0, 0, 1.5, 0},
		{0, 0, 0, 0, 0, 0},
	},
	B:  []float64{1. / 3, 0, 0, 0, 0, 2. / 3, 0},
	BW: []float64{0, 1. / 6, 1. / 3, 1. / 3, 1. / 6, 0, 0},
	BH: []float64{0, 0, 0, 2, 0, 0, -2},
}
