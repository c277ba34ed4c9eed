package integrators

// RK4 is the classical Runge–Kutta method, order 4 and fixed step: four
// evaluations a step.
//
// W. Kutta, Beitrag zur näherungsweisen Integration totaler
// Differentialgleichungen, Zeitschrift für Mathematik und Physik 46 (1901),
// 435–453.
var RK4 = &Tableau{
	Name:          "RK4",
	Order:         4,
	StabilitySize: 2.7853,

	C: []float64{0, 1.0 / 2, 1.0 / 2, 1},
	A: [][]float64{
		{},
		{1.0 / 2},
		{0, 1.0 / 2},
		{0, 0, 1},
	},
	B: []float64{1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6},
}
