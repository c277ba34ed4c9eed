package integrators

// SRA1 is the method SRA1 of Rößler for additive noise, two evaluations of drift and
// diffusion.
//
// A. Rößler, Runge–Kutta methods for the strong approximation of solutions of
// stochastic differential equations, SIAM Journal on Numerical Analysis 48 (2010),
// 922–952.
var SRA1 = &SRA{
	Name:        "SRA1",
	StrongOrder: 1.5,

	C0:    []float64{0, 0.75},
	C1:    []float64{1, 0},
	A0:    [][]float64{{}, {0.75}},
	B0:    [][]float64{{}, {1.5}},
	Alpha: []float64{1. / 3, 2. / 3},
	Beta1: []float64{1, 0},
	Beta2: []float64{-1, 1},
	Err:   []float64{1, 1},
	Delta: 1,
}
