package integrators

// SOSRA2 is the stability-optimized method of Rackauckas and Nie for additive noise
// whose last two stages are both at the end of the step, so that they estimate the
// stiffness of the drift.
//
// The coefficients are those of StochasticDiffEq.jl.
//
// C. Rackauckas and Q. Nie, Stability-optimized high order methods and stiffness
// detection for pathwise stiff stochastic differential equations, 2020 IEEE High
// Performance Extreme Computing Conference (HPEC), 1–8.
var SOSRA2 = &SRA{
	Name:        "SOSRA2",
	StrongOrder: 1.5,
	StiffStages: [2]int{2, 1},

	C0: []float64{0, 1, 1},
	C1: []float64{0, 1, 1},
	A0: [][]float64{
		{},
		{1},
		{0.9511849235504364, 0.04881507644956362},
	},
	B0: [][]float64{
		{},
		{0.7686101171003622},
		{0.43886792994934987, 0.7490415909204886},
	},
	Alpha: []float64{0.4999999999999998, -0.9683897375354181, 1.4683897375354185},
	Beta1: []float64{0, 0.92438032145683, 0.07561967854316998},
	Beta2: []float64{1, -0.8169981105823436, -0.18300188941765633},
	Err:   []float64{1, 1, 1},
	Delta: 1,
}
