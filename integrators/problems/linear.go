package problems

import "math"

// Decay is y' = -rate·y, y(0) = 1 on [0, 1], with solution exp(-rate·t).
func Decay(rate float64) Problem {
	return Problem{
		Name:  "decay",
		F:     func(_ float64, y, dydt []float64) { dydt[0] = -rate * y[0] },
		T0:    0,
		T1:    1,
		Y0:    []float64{1},
		Exact: func(t float64, y []float64) { y[0] = math.Exp(-rate * t) },
	}
}

// Growth is y' = y cos t, y(0) = 1 on [0, 20], with solution exp(sin t):
// problem A3 of the DETEST collection (T. E. Hull et al., Comparing numerical
// methods for ordinary differential equations, SIAM Journal on Numerical Analysis
// 9 (1972), 603–637). The field depends on time.
func Growth() Problem {
	return Problem{
		Name:  "growth",
		F:     func(t float64, y, dydt []float64) { dydt[0] = y[0] * math.Cos(t) },
		T0:    0,
		T1:    20,
		Y0:    []float64{1},
		Exact: func(t float64, y []float64) { y[0] = math.Exp(math.Sin(t)) },
	}
}

// Rotation turns (1, 0) with angular velocity omega on [0, 2π/|omega|], once
// around: y1' = -omega·y2, y2' = omega·y1. The distance from the origin is
// preserved. The rate omega must not be zero.
func Rotation(omega float64) Problem {
	return Problem{
		Name: "rotation",
		F: func(_ float64, y, dydt []float64) {
			dydt[0], dydt[1] = -omega*y[1], omega*y[0]
		},
		T0: 0,
		T1: 2 * math.Pi / math.Abs(omega),
		Y0: []float64{1, 0},
		Exact: func(t float64, y []float64) {
			y[1], y[0] = math.Sincos(omega * t)
		},
		Invariant: func(y []float64) float64 { return math.Hypot(y[0], y[1]) },
	}
}

// StiffCosine is y' = -lambda·(y - cos t), y(0) = 0 on [0, 1.5], a short
// transient onto a slow solution near cos t; stiff where lambda is large. The
// eigenvalue of the problem is -lambda everywhere. After Hairer and Wanner,
// Solving Ordinary Differential Equations II, Eq. IV.1.1, which has lambda = 50.
func StiffCosine(lambda float64) Problem {
	// The slow solution is a cos t + b sin t.
	b := lambda / (1 + lambda*lambda)
	a := lambda * b
	return Problem{
		Name: "stiff cosine",
		F:    func(t float64, y, dydt []float64) { dydt[0] = -lambda * (y[0] - math.Cos(t)) },
		T0:   0,
		T1:   1.5,
		Y0:   []float64{0},
		Exact: func(t float64, y []float64) {
			sin, cos := math.Sincos(t)
			y[0] = a*cos + b*sin - a*math.Exp(-lambda*t)
		},
	}
}

// Pulse is y' = -y + 10·exp(-((t-0.5)/0.01)²), y(0) = 1 on [0, 1]: a slow decay
// kicked by a short pulse, which an integrator meets with long steps and has to
// reject some.
func Pulse() Problem {
	const (
		height = 10
		centre = 0.5
		width  = 0.01
	)
	// erf is the antiderivative of exp(s)·exp(-((s-centre)/width)²) up to scale.
	erf := func(s float64) float64 { return math.Erf((s-centre)/width - width/2) }
	scale := height * math.Exp(centre+width*width/4) * width * math.Sqrt(math.Pi) / 2
	return Problem{
		Name: "pulse",
		F: func(t float64, y, dydt []float64) {
			x := (t - centre) / width
			dydt[0] = -y[0] + height*math.Exp(-x*x)
		},
		T0: 0,
		T1: 1,
		Y0: []float64{1},
		Exact: func(t float64, y []float64) {
			y[0] = math.Exp(-t) * (1 + scale*(erf(t)-erf(0)))
		},
	}
}
