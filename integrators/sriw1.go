package integrators

// SRIW1 is Rößler's method SRI1W1 of strong order 1.5. The argument of its third
// drift stage is that of the first and nothing depends on the fourth, so a step
// evaluates the drift twice and the diffusion four times.
//
// The coefficients are exact; the error estimate is that of StochasticDiffEq.jl.
//
// A. Rößler, Runge–Kutta methods for the strong approximation of solutions of
// stochastic differential equations, SIAM Journal on Numerical Analysis 48
// (2010), 922–952.
var SRIW1 = &SRI{
	Name:        "SRIW1",
	StrongOrder: 1.5,

	C0: []float64{0, 0.75, 0, 0},
	C1: []float64{0, 0.25, 1, 0.25},
	A0: [][]float64{
		{},
		{0.75},
		{0, 0},
		{0, 0, 0},
	},
	A1: [][]float64{
		{},
		{0.25},
		{1, 0},
		{0, 0, 0.25},
	},
	B0: [][]float64{
		{},
		{1.5},
		{0, 0},
		{0, 0, 0},
	},
	B1: [][]float64{
		{},
		{0.5},
		{-1, 0},
		{-5, 3, 0.5},
	},
	Alpha: []float64{1.0 / 3, 2.0 / 3, 0, 0},
	Beta1: []float64{-1, 4.0 / 3, 2.0 / 3, 0},
	Beta2: []float64{-1, 4.0 / 3, -1.0 / 3, 0},
	Beta3: []float64{2, -4.0 / 3, -2.0 / 3, 0},
	Beta4: []float64{-2, 5.0 / 3, -2.0 / 3, 1},
	Err:   []float64{1, 1, 0, 0},
	Delta: 1.0 / 6,
}
