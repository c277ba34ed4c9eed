package integrators

// SOSRI2 is the stability-optimized method of strong order 1.5 of Rackauckas and
// Nie whose stages all lie within the step and whose last two drift stages are
// both at its end, so that they estimate the stiffness of the drift. It is the
// method of the neural SDEs of Pal et al. (2021) with stiffness regularization.
//
// The coefficients are those of StochasticDiffEq.jl.
//
// C. Rackauckas and Q. Nie, Stability-optimized high order methods and stiffness
// detection for pathwise stiff stochastic differential equations, 2020 IEEE High
// Performance Extreme Computing Conference (HPEC), 1–8.
var SOSRI2 = &SRI{
	Name:        "SOSRI2",
	StrongOrder: 1.5,
	StiffStages: [2]int{3, 2},

	C0: []float64{0, 0.13804532298278663, 0.9999999999999992, 0.9999999999999994},
	C1: []float64{0, 0.45605532163856893, 0.999999999999996, 0.9999999999999962},
	A0: [][]float64{
		{},
		{0.13804532298278663},
		{0.5818361298250374, 0.4181638701749618},
		{0.4670018408674211, 0.8046204792187386, -0.27162232008616016},
	},
	A1: [][]float64{
		{},
		{0.45605532163856893},
		{0.7555807846451692, 0.24441921535482677},
		{0.6981181143266059, 0.3453277086024727, -0.04344582292908241},
	},
	B0: [][]float64{
		{},
		{0.08852381537667678},
		{1.0317752458971061, 0.4563552922077882},
		{1.73078280444124, -0.46089678470929774, -0.9637509618944188},
	},
	B1: [][]float64{
		{},
		{0.6753186815412179},
		{-0.07452812525785148, -0.49783736486149366},
		{-0.5591906709928903, 0.022696571806569924, -0.8984927888368557},
	},
	Alpha: []float64{-0.15036858140642623, 0.7545275856696072, 0.686995463807979, -0.2911544680711602},
	Beta1: []float64{-0.45315689727309133, 0.8330937231303951, 0.3792843195533544, 0.24077885458934192},
	Beta2: []float64{-0.4994383733810986, 0.9181786186154077, -0.25613778661003145, -0.16260245862427797},
	Beta3: []float64{1.4531568972730915, -0.8330937231303933, -0.3792843195533583, -0.24077885458934023},
	Beta4: []float64{-0.4976090683622265, 0.9148155835648892, -1.4102107084476505, 0.9930041932449877},
	Err:   []float64{1, 1, 1, 1},
	Delta: 1,
}
