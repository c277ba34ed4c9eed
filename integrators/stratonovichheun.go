package integrators

// StratonovichHeun is the method of Heun for equations in the sense of Stratonovich,
// the trapezoidal rule with a predictor,
//
//	p  = u + h f(u, t) + g(u, t) ΔW
//	u1 = u + h/2 (f(u, t) + f(p, t + h)) + 1/2 (g(u, t) + g(p, t + h)) ΔW,
//
// with noise of any form. The difference to the predictor is the error estimate.
//
// W. Rümelin, Numerical treatment of stochastic differential equations, SIAM Journal
// on Numerical Analysis 19 (1982), 604–613.
var StratonovichHeun = &SRK{
	Name:   "StratonovichHeun",
	Orders: StrongOrders{General: 0.5, Commutative: 1, Additive: 1},

	C:    []float64{0, 1},
	A:    [][]float64{{}, {1}},
	AW:   [][]float64{{}, {1}},
	AH:   [][]float64{{}, {0}},
	B:    []float64{0.5, 0.5},
	BW:   []float64{0.5, 0.5},
	BH:   []float64{0, 0},
	Err:  []float64{-0.5, 0.5},
	ErrW: []float64{-0.5, 0.5},
	ErrH: []float64{0, 0},
}
