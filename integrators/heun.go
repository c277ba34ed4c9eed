package integrators

// HeunEuler is Heun's method of order 2 with Euler's as its embedded method of
// order 1. The derivative at the new point is a third stage that enters neither
// solution nor error estimate: it makes the method FSAL, so a step costs two
// evaluations, and it gives the cubic Hermite dense output. Err holds b - b̂.
//
// E. Hairer, S. P. Nørsett and G. Wanner, Solving Ordinary Differential
// Equations I, 2nd ed., Springer 1993, section II.4.
var HeunEuler = &Tableau{
	Name:  "HeunEuler",
	Order: 2, EmbeddedOrder: 1,
	FSAL:  true,
	Beta1: 7.0 / 20, Beta2: 1.0 / 5,
	StabilitySize: 2,
	StiffStages:   [2]int{2, 1},

	C: []float64{0, 1, 1},
	A: [][]float64{
		{},
		{1},
		{1.0 / 2, 1.0 / 2},
	},
	B:   []float64{1.0 / 2, 1.0 / 2, 0},
	Err: []float64{-1.0 / 2, 1.0 / 2, 0},
}
