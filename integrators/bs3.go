package integrators

// BS3 is the 3(2) pair of Bogacki and Shampine, Matlab's ode23: three
// evaluations a step, a good choice at loose tolerances. Err holds b̂ - b.
// Dense output is cubic Hermite.
//
// P. Bogacki and L. F. Shampine, A 3(2) pair of Runge–Kutta formulas, Applied
// Mathematics Letters 2 (1989), 321–325.
var BS3 = &Tableau{
	Name:  "BS3",
	Order: 3, EmbeddedOrder: 2,
	FSAL:  true,
	Beta1: 7.0 / 30, Beta2: 2.0 / 15,
	StabilitySize: 2.5127,

	C: []float64{0, 0.5, 0.75, 1},
	A: [][]float64{
		{},
		{1.0 / 2},
		{0, 3.0 / 4},
		{2.0 / 9, 1.0 / 3, 4.0 / 9},
	},
	B:   []float64{2.0 / 9, 1.0 / 3, 4.0 / 9, 0},
	Err: []float64{5.0 / 72, -1.0 / 12, -1.0 / 9, 1.0 / 8},
}
