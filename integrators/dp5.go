package integrators

// DP5 is the 5(4) pair of Dormand and Prince, also known as dopri5 and, in
// Matlab, as ode45, with the quartic interpolant of Shampine. Err holds b̂ - b.
//
// torchdiffeq, diffrax and other libraries scale their error weights by 2/3
// (Shampine's variant of b̂), so at equal tolerances they take slightly longer
// steps. The constants of the PI controller are those of Hairer's DOPRI5:
// β2 = 0.04 and β1 = 1/5 - 3/4·β2.
//
// J. R. Dormand and P. J. Prince, A family of embedded Runge–Kutta formulae,
// Journal of Computational and Applied Mathematics 6 (1980), 19–26. Dense
// output: E. Hairer, S. P. Nørsett and G. Wanner, Solving Ordinary Differential
// Equations I, 2nd ed., Springer 1993, section II.6 and its code DOPRI5.
var DP5 = &Tableau{
	Name:  "DP5",
	Order: 5, EmbeddedOrder: 4,
	FSAL:  true,
	Beta1: 0.17, Beta2: 0.04,
	StabilitySize: 3.3066,
	StiffStages:   [2]int{6, 5},

	C: []float64{0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1},
	A: [][]float64{
		{},
		{1.0 / 5},
		{3.0 / 40, 9.0 / 40},
		{44.0 / 45, -56.0 / 15, 32.0 / 9},
		{19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
		{9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
		{35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84},
	},
	B:     []float64{35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0},
	Err:   []float64{-71.0 / 57600, 0, 71.0 / 16695, -71.0 / 1920, 17253.0 / 339200, -22.0 / 525, 1.0 / 40},
	Dense: []float64{-12715105075.0 / 11282082432, 0, 87487479700.0 / 32700410799, -10690763975.0 / 1880347072, 701980252875.0 / 199316789632, -1453857185.0 / 822651844, 69997945.0 / 29380423},
}
