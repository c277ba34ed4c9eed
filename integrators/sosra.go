package integrators

// SOSRA is the stability-optimized method of Rackauckas and Nie for additive noise.
//
// The coefficients are those of StochasticDiffEq.jl.
//
// C. Rackauckas and Q. Nie, Stability-optimized high order methods and stiffness
// detection for pathwise stiff stochastic differential equations, 2020 IEEE High
// Performance Extreme Computing Conference (HPEC), 1–8.
var SOSRA = &SRA{
	Name:        "SOSRA",
	StrongOrder: 1.5,

	C0: []float64{0, 0.6923962376159507, 1},
	C1: []float64{0, 0.041248171110700504, 1},
	A0: [][]float64{
		{},
		{0.6923962376159507},
		{-3.1609142252828395, 4.1609142252828395},
	},
	B0: [][]float64{
		{},
		{1.3371632704399763},
		{1.442371048468624, 1.8632741501139225},
	},
	Alpha: []float64{0.2889874966892885, 0.6859880440839937, 0.025024459226717772},
	Beta1: []float64{-16.792534242221663, 17.514995785380226, 0.27753845684143835},
	Beta2: []float64{0.4237535769069274, 0.6010381474428539, -1.0247917243497813},
	Err:   []float64{1, 1, 1},
	Delta: 1,
}
