package problems

import "math"

// Logistic is the growth y' = rate·y·(1-y) from y(0) = y0 on [0, 4/rate] with
// solution y0/(y0 + (1-y0)·exp(-rate·t)). It expects rate > 0 and 0 < y0 < 1.
func Logistic(rate, y0 float64) Problem {
	return Problem{
		Name:  "logistic",
		F:     func(_ float64, y, dydt []float64) { dydt[0] = rate * y[0] * (1 - y[0]) },
		T0:    0,
		T1:    4 / rate,
		Y0:    []float64{y0},
		Exact: func(t float64, y []float64) { y[0] = y0 / (y0 + (1-y0)*math.Exp(-rate*t)) },
	}
}

// Lorentzian is y' = -2ty², y(0) = 1 on [0, 2], with solution 1/(1+t²). The field
// is nonlinear and depends on time.
func Lorentzian() Problem {
	return Problem{
		Name:  "lorentzian",
		F:     func(t float64, y, dydt []float64) { dydt[0] = -2 * t * y[0] * y[0] },
		T0:    0,
		T1:    2,
		Y0:    []float64{1},
		Exact: func(t float64, y []float64) { y[0] = 1 / (1 + t*t) },
	}
}

// LotkaVolterra is the predator-prey system y1' = 1.5·y1 - y1·y2,
// y2' = -3·y2 + y1·y2 from (1, 1) on [0, 10]. Its orbits are closed curves of
// constant y1 - 3·ln y1 + y2 - 1.5·ln y2.
func LotkaVolterra() Problem {
	return Problem{
		Name: "lotka-volterra",
		F: func(_ float64, y, dydt []float64) {
			prey, predators := y[0], y[1]
			dydt[0] = 1.5*prey - prey*predators
			dydt[1] = -3*predators + prey*predators
		},
		T0:  0,
		T1:  10,
		Y0:  []float64{1, 1},
		End: []float64{1.0263447675750893191, 0.90969107813604161755},
		Invariant: func(y []float64) float64 {
			return y[0] - 3*math.Log(y[0]) + y[1] - 1.5*math.Log(y[1])
		},
	}
}

// VanDerPol is van der Pol's oscillator y1' = y2, y2' = mu·(1-y1²)·y2 - y1 from
// (2, 0) on [0, 10]. It turns stiff as mu grows. End is known for mu = 5.
func VanDerPol(mu float64) Problem {
	p := Problem{
		Name: "van der pol",
		F: func(_ float64, y, dydt []float64) {
			dydt[0] = y[1]
			dydt[1] = mu*(1-y[0]*y[0])*y[1] - y[0]
		},
		T0: 0,
		T1: 10,
		Y0: []float64{2, 0},
	}
	if mu == 5 {
		p.End = []float64{-1.1587012660309908032, 0.4304698089791423963}
	}
	return p
}

// Spiral is the cubic spiral of the neural ODE literature, y1' = -0.1·y1³ -
// 2·y2³, y2' = 2·y1³ - 0.1·y2³ from (2, 0) on [0, 1.5] (R. T. Q. Chen et al.,
// Neural ordinary differential equations, NeurIPS 2018).
func Spiral() Problem {
	return Problem{
		Name: "spiral",
		F: func(_ float64, y, dydt []float64) {
			a, b := y[0]*y[0]*y[0], y[1]*y[1]*y[1]
			dydt[0] = -0.1*a - 2*b
			dydt[1] = 2*a - 0.1*b
		},
		T0:  0,
		T1:  1.5,
		Y0:  []float64{2, 0},
		End: []float64{1.2919915629767863913, 0.97258607443451642539},
	}
}

// Kepler is the two-body problem in the plane, started at the pericentre of an
// orbit with semi-major axis 1 and the given eccentricity, 0 ≤ e < 1, over one
// period 2π. The state is position and velocity; the energy is preserved. It is
// class D of the DETEST collection (T. E. Hull et al., Comparing numerical
// methods for ordinary differential equations, SIAM Journal on Numerical Analysis
// 9 (1972), 603–637).
func Kepler(eccentricity float64) Problem {
	e := eccentricity
	axis := math.Sqrt(1 - e*e) // semi-minor
	return Problem{
		Name: "kepler",
		F: func(_ float64, y, dydt []float64) {
			r := math.Hypot(y[0], y[1])
			dydt[0], dydt[1] = y[2], y[3]
			dydt[2], dydt[3] = -y[0]/(r*r*r), -y[1]/(r*r*r)
		},
		T0: 0,
		T1: 2 * math.Pi,
		Y0: []float64{1 - e, 0, 0, math.Sqrt((1 + e) / (1 - e))},
		Exact: func(t float64, y []float64) {
			sin, cos := math.Sincos(eccentricAnomaly(t, e))
			rate := 1 / (1 - e*cos)
			y[0], y[1] = cos-e, axis*sin
			y[2], y[3] = -rate*sin, rate*axis*cos
		},
		Invariant: func(y []float64) float64 {
			return (y[2]*y[2]+y[3]*y[3])/2 - 1/math.Hypot(y[0], y[1])
		},
	}
}

// eccentricAnomaly solves Kepler's equation x - e·sin x = t, up to whole turns.
func eccentricAnomaly(t, e float64) float64 {
	t = math.Remainder(t, 2*math.Pi)
	// Between 0 and ±π the equation is convex, so that Newton's method from the
	// far end approaches the root from one side.
	x := math.Copysign(math.Pi, t)
	for range 100 {
		sin, cos := math.Sincos(x)
		step := (x - e*sin - t) / (1 - e*cos)
		x -= step
		if math.Abs(step) <= 1e-16 {
			break
		}
	}
	return x
}
