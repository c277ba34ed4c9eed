package integrators

// Rosenbrock23 is the method of order 2 of Shampine and Reichelt, known as ode23s,
// with γ = 1/(2+√2) and an embedded one of order 3, which estimates the error and is
// not A-stable. It is L-stable and keeps its order with any matrix in place of the
// Jacobian (a W-method). Two evaluations of the field a step make it the cheapest
// method here for loose tolerances.
//
// The coefficients are those of the reference, in the form of Rosenbrock. The third
// stage has h γ T where some implementations have h T, with which the estimate is of
// lower order for fields that depend on time.
//
// L. F. Shampine and M. W. Reichelt, The MATLAB ODE suite, SIAM Journal on Scientific
// Computing 18 (1997), 1–22.
var Rosenbrock23 = &Rosenbrock{
	Name:  "Rosenbrock23",
	Order: 2, EmbeddedOrder: 3,
	FSAL:  true,
	Gamma: 0.2928932188134525,

	C: []float64{0, 0.5, 1},
	D: []float64{0.2928932188134525, 0, -0.2928932188134525},
	A: [][]float64{
		{},
		{1.7071067811865475},
		{3.414213562373095, 3.414213562373095},
	},
	Coupling: [][]float64{
		{},
		{-3.414213562373095},
		{-6.82842712474619, -25.31370849898476},
	},
	B:   []float64{3.414213562373095, 3.414213562373095, 0},
	Err: []float64{0.5690355937288492, 3.080880229039762, 0.5690355937288492},

	Dense:      [][]float64{{0, -8.242640687119286, 0}},
	DenseOrder: 2,
}
