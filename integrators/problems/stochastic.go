package problems

import "math"

// Stochastic is the Itô problem with diagonal noise
//
//	dy_i = Drift_i(t, y) dt + Diffusion_i(t, y) dW_i,   y(T0) = Y0,   on [T0, T1],
//
// where W_i are independent Wiener processes that vanish at T0.
type Stochastic struct {
	Name string

	// Drift and Diffusion store their values at time t and state y in dst. They do
	// not modify y; y and dst have the length of Y0 and do not overlap.
	Drift, Diffusion func(t float64, y, dst []float64)

	T0, T1 float64
	Y0     []float64

	// Exact stores the solution at time t, on a path of value w there, in y; nil if
	// the solution is not a function of time and of the path's present value.
	Exact func(t float64, w, y []float64)

	// Mean and Variance store those of every entry of the solution at time t in
	// dst; nil if there is no closed form.
	Mean, Variance func(t float64, dst []float64)
}

// AllStochastic returns one problem of every kind.
func AllStochastic() []Stochastic {
	return []Stochastic{
		GeometricBrownian(0.5, 0.7),
		Bistable(0.5, 0.7),
		GrowingNoise(0.5),
		OrnsteinUhlenbeck(1, 0.5),
	}
}

// GeometricBrownian is dy = a y dt + b y dW, y(0) = 1 on [0, 1], with solution
// exp((a - b²/2) t + b W).
func GeometricBrownian(a, b float64) Stochastic {
	return Stochastic{
		Name:      "geometric Brownian motion",
		Drift:     func(_ float64, y, dst []float64) { dst[0] = a * y[0] },
		Diffusion: func(_ float64, y, dst []float64) { dst[0] = b * y[0] },
		T0:        0,
		T1:        1,
		Y0:        []float64{1},
		Exact:     func(t float64, w, y []float64) { y[0] = math.Exp((a-b*b/2)*t + b*w[0]) },
		Mean:      func(t float64, dst []float64) { dst[0] = math.Exp(a * t) },
		Variance:  func(t float64, dst []float64) { dst[0] = math.Exp(2*a*t) * math.Expm1(b*b*t) },
	}
}

// Bistable is dy = -(a + b² y)(1 - y²) dt + b (1 - y²) dW, y(0) = 1/2 on [0, 1],
// which stays between -1 and 1. Its solution is tanh(-a t + b W + artanh 1/2):
// Eq. 4.4.46 of Kloeden and Platen, Numerical Solution of Stochastic Differential
// Equations (1992), in other words.
func Bistable(a, b float64) Stochastic {
	const y0 = 0.5
	return Stochastic{
		Name: "bistable",
		Drift: func(_ float64, y, dst []float64) {
			dst[0] = -(a + b*b*y[0]) * (1 - y[0]*y[0])
		},
		Diffusion: func(_ float64, y, dst []float64) { dst[0] = b * (1 - y[0]*y[0]) },
		T0:        0,
		T1:        1,
		Y0:        []float64{y0},
		Exact:     func(t float64, w, y []float64) { y[0] = math.Tanh(b*w[0] - a*t + math.Atanh(y0)) },
	}
}

// GrowingNoise is dy = (2y/(1+t) + a(1+t)²) dt + a(1+t)² dW, y(0) = 1 on [0, 1],
// with solution (1+t)² (1 + a(t + W)): drift and diffusion depend on time, and the
// noise is additive.
func GrowingNoise(a float64) Stochastic {
	return Stochastic{
		Name: "growing noise",
		Drift: func(t float64, y, dst []float64) {
			dst[0] = 2*y[0]/(1+t) + a*(1+t)*(1+t)
		},
		Diffusion: func(t float64, _, dst []float64) { dst[0] = a * (1 + t) * (1 + t) },
		T0:        0,
		T1:        1,
		Y0:        []float64{1},
		Exact:     func(t float64, w, y []float64) { y[0] = (1 + t) * (1 + t) * (1 + a*(t+w[0])) },
		Mean:      func(t float64, dst []float64) { dst[0] = (1 + t) * (1 + t) * (1 + a*t) },
		Variance:  func(t float64, dst []float64) { dst[0] = a * a * t * math.Pow(1+t, 4) },
	}
}

// OrnsteinUhlenbeck is dy = -rate·y dt + sigma dW, y(0) = 1 on [0, 1]. Its solution
// is e^(-rate·t) + sigma ∫ e^(-rate(t-s)) dW(s): it depends on the whole path, so
// that methods need I(1,0) to follow it. The rate must not be zero.
func OrnsteinUhlenbeck(rate, sigma float64) Stochastic {
	return Stochastic{
		Name:      "Ornstein-Uhlenbeck process",
		Drift:     func(_ float64, y, dst []float64) { dst[0] = -rate * y[0] },
		Diffusion: func(_ float64, _, dst []float64) { dst[0] = sigma },
		T0:        0,
		T1:        1,
		Y0:        []float64{1},
		Mean:      func(t float64, dst []float64) { dst[0] = math.Exp(-rate * t) },
		Variance: func(t float64, dst []float64) {
			dst[0] = sigma * sigma * -math.Expm1(-2*rate*t) / (2 * rate)
		},
	}
}
