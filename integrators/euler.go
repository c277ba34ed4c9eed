package integrators

// Euler is the explicit Euler method, order 1 and fixed step: one evaluation a
// step. With step 1 it turns a field into a residual network.
//
// L. Euler, Institutionum calculi integralis, vol. 1, St Petersburg 1768,
// section 650.
var Euler = &Tableau{
	Name:          "Euler",
	Order:         1,
	StabilitySize: 2,

	C: []float64{0},
	A: [][]float64{{}},
	B: []float64{1},
}
