package integrators

// EulerMaruyama is the method of Euler and Maruyama, u1 = u + h f + ΔW g, of
// strong order 1/2, and 1 where the noise is additive. It has no error estimate.
//
// G. Maruyama, Continuous Markov processes and stochastic equations, Rendiconti
// del Circolo Matematico di Palermo 4 (1955), 48–90.
var EulerMaruyama = &SRI{
	Name:        "EulerMaruyama",
	StrongOrder: 0.5,

	C0:    []float64{0},
	C1:    []float64{0},
	A0:    [][]float64{{}},
	A1:    [][]float64{{}},
	B0:    [][]float64{{}},
	B1:    [][]float64{{}},
	Alpha: []float64{1},
	Beta1: []float64{1},
	Beta2: []float64{0},
	Beta3: []float64{0},
	Beta4: []float64{0},
}
