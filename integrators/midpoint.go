package integrators

// Midpoint is the explicit midpoint rule of Runge, order 2 and fixed step: two
// evaluations a step.
//
// C. Runge, Über die numerische Auflösung von Differentialgleichungen,
// Mathematische Annalen 46 (1895), 167–178.
var Midpoint = &Tableau{
	Name:          "Midpoint",
	Order:         2,
	StabilitySize: 2,

	C: []float64{0, 1.0 / 2},
	A: [][]float64{
		{},
		{1.0 / 2},
	},
	B: []float64{0, 1},
}
