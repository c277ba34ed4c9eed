package integrators

// Tsit5 is the 5(4) pair of Tsitouras with its free quartic interpolant, the
// method of every neural ODE of Pal et al. (2021). It solves the order conditions with
// fewer simplifying assumptions than its predecessors, which makes its leading
// error constants smaller than those of DP5 at the same cost of six evaluations
// a step. Err holds b̂ - b.
//
// The coefficients are those of the reference rounded from 80 digits.
//
// Ch. Tsitouras, Runge–Kutta pairs of order 5(4) satisfying only the first
// column simplifying assumption, Computers & Mathematics with Applications 62
// (2011), 770–775.
var Tsit5 = &Tableau{
	Name:  "Tsit5",
	Order: 5, EmbeddedOrder: 4,
	FSAL:  true,
	Beta1: 7.0 / 50, Beta2: 2.0 / 25,
	StabilitySize: 3.5068,
	StiffStages:   [2]int{6, 5},

	C: []float64{0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1},
	A: [][]float64{
		{},
		{0.161},
		{-0.008480655492356989, 0.335480655492357},
		{2.8971530571054935, -6.359448489975075, 4.3622954328695815},
		{5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525},
		{5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383},
		{0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774},
	},
	B:     []float64{0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774, 0},
	Err:   []float64{-0.0017800110522257714, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629, 0.5823571654525552, -0.45808210592918697, 0.015151515151515152},
	Dense: []float64{-1.0530884977290216, 0.1017, 2.490627285651253, -16.548102889244902, 47.37952196281928, -34.87065786149661, 2.5},
}
