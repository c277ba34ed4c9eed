package integrators

// SPaRK is the splitting path Runge–Kutta method of Foster, dos Reis and Strange: three
// stages along a path of straight lines that has the increment and the area of the
// Brownian path. It takes noise of any form, with strong order 1.5 if it is additive,
// and has an embedded error estimate.
//
// J. Foster, G. dos Reis and C. Strange, High order splitting methods for SDEs
// satisfying a commutativity condition, SIAM Journal on Numerical Analysis 62 (2024),
// 500–532, with the coefficients of diffrax: x = (3 - √3)/6.
var SPaRK = &SRK{
	Name:   "SPaRK",
	Orders: StrongOrders{General: 0.5, Commutative: 1, Additive: 1.5},

	C:    []float64{0, 0.5, 1},
	A:    [][]float64{{}, {0.5}, {0, 1}},
	AW:   [][]float64{{}, {0.5}, {0, 1}},
	AH:   [][]float64{{}, {1.7320508075688772}, {0, 0}},
	B:    []float64{0.21132486540518713, 0.5773502691896257, 0.21132486540518713},
	BW:   []float64{0.21132486540518713, 0.5773502691896257, 0.21132486540518713},
	BH:   []float64{1, 0, -1},
	Err:  []float64{-0.28867513459481287, 0.5773502691896257, -0.28867513459481287},
	ErrW: []float64{-0.28867513459481287, 0.5773502691896257, -0.28867513459481287},
	ErrH: []float64{1, 0, -1},
}
