package integrators

// Milstein is the method of Milstein for diagonal noise, of strong order 1, with
// a difference in place of the derivative of the diffusion:
//
//	H  = u + h f(u, t) + √h g(u, t)
//	u1 = u + h f(u, t) + ΔW g(u, t) + (ΔW² - h)/2√h · (g(H, t) - g(u, t)),
//
// which evaluates the drift once and the diffusion twice, both times at t: where the
// noise is additive, g = g(t), the difference is zero and the step that of Euler and
// Maruyama. It has no error estimate.
//
// P. E. Kloeden and E. Platen, Numerical Solution of Stochastic Differential
// Equations, Springer 1992, Eq. 11.1.3; G. N. Milstein, Approximate integration
// of stochastic differential equations, Theory of Probability and its
// Applications 19 (1975), 557–562.
var Milstein = &SRI{
	Name:        "Milstein",
	StrongOrder: 1,

	C0:    []float64{0, 0},
	C1:    []float64{0, 0},
	A0:    [][]float64{{}, {0}},
	A1:    [][]float64{{}, {1}},
	B0:    [][]float64{{}, {0}},
	B1:    [][]float64{{}, {1}},
	Alpha: []float64{1, 0},
	Beta1: []float64{1, 0},
	Beta2: []float64{-1, 1},
	Beta3: []float64{0, 0},
	Beta4: []float64{0, 0},
}
