package integrators

// EulerHeun is Euler's method for the drift and Heun's for the diffusion, whose
// predictor leaves the drift out, for equations in the sense of Stratonovich with noise
// of any form:
//
//	p  = u + g(u, t) ΔW
//	u1 = u + h f(u, t) + 1/2 (g(u, t) + g(p, t + h)) ΔW.
//
// It has no error estimate. It is what torchsde and diffrax, from which it is taken, call
// by this name; the method that StochasticDiffEq.jl does is StratonovichHeun.
var EulerHeun = &SRK{
	Name:   "EulerHeun",
	Orders: StrongOrders{General: 0.5, Commutative: 1, Additive: 1},

	C:  []float64{0, 1},
	A:  [][]float64{{}, {0}},
	AW: [][]float64{{}, {1}},
	AH: [][]float64{{}, {0}},
	B:  []float64{1, 0},
	BW: []float64{0.5, 0.5},
	BH: []float64{0, 0},
}
