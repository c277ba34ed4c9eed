package integrators

// SOSRI is the stability-optimized method of strong order 1.5 of Rackauckas and
// Nie, the method of the neural SDEs of Pal et al. (2021). Its free coefficients
// enlarge the region of mean-square stability over that of SRIW1, for drift and
// diffusion together, so that it takes longer steps where either is stiff.
//
// Some of its stages lie outside the step: a drift that depends on time is
// evaluated from 0.04 h before to 3.75 h after its start, in the first and the last
// steps outside of the time span. Where it is not defined there, as √t before 0, the
// solve fails and says so; SOSRI2 and SRIW1 have all their stages within the step.
//
// The coefficients are those of StochasticDiffEq.jl.
//
// C. Rackauckas and Q. Nie, Stability-optimized high order methods and stiffness
// detection for pathwise stiff stochastic differential equations, 2020 IEEE High
// Performance Extreme Computing Conference (HPEC), 1–8.
var SOSRI = &SRI{
	Name:        "SOSRI",
	StrongOrder: 1.5,

	C0: []float64{0, -0.04199224421316468, 0.7898405466170333, 3.7504010171562823},
	C1: []float64{0, 0.26204282091330466, 0.05879875232001766, 0.758661169101175},
	A0: [][]float64{
		{},
		{-0.04199224421316468},
		{2.842612915017106, -2.0527723684000727},
		{4.338237071435815, -2.8895936137439793, 2.3017575594644466},
	},
	A1: [][]float64{
		{},
		{0.26204282091330466},
		{0.20903646383505375, -0.1502377115150361},
		{0.05836595312746999, 0.6149440396332373, 0.08535117634046772},
	},
	B0: [][]float64{
		{},
		{-0.21641093549612528},
		{1.5336352863679572, 0.26066223492647056},
		{-1.0536037558179159, 1.7015284721089472, -0.20725685784180017},
	},
	B1: [][]float64{
		{},
		{-0.5119011827621657},
		{2.67767339866713, -4.9395031322250995},
		{0.15580956238299215, 3.2361551006624674, -1.4223118283355949},
	},
	Alpha: []float64{1.140099274172029, -0.6401334255743456, 0.4736296532772559, 0.026404498125060714},
	Beta1: []float64{-1.8453464565104432, 2.688764531100726, -0.2523866501071323, 0.40896857551684956},
	Beta2: []float64{0.4969658141589478, -0.5771202869753592, -0.12919702470322217, 0.2093514975196336},
	Beta3: []float64{2.8453464565104425, -2.688764531100725, 0.2523866501071322, -0.40896857551684945},
	Beta4: []float64{0.11522663875443433, -0.57877086147738, 0.2857851028163886, 0.17775911990655704},
	Err:   []float64{1, 1, 1, 1},
	Delta: 1,
}
