package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// stochastic is a problem with its drift f and diffusion g in Gorgonia's
// operations.
type stochastic struct {
	problems.Stochastic
	f, g vectorField
}

// scaled returns the field c·z.
func scaled(c float64) vectorField {
	return func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.scale(c, z) }
}

func geometricBrownian(a, b float64) stochastic {
	return stochastic{problems.GeometricBrownian(a, b), scaled(a), scaled(b)}
}

func ornsteinUhlenbeck(rate, sigma float64) stochastic {
	return stochastic{problems.OrnsteinUhlenbeck(rate, sigma), scaled(-rate), func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		return e.shift(sigma, e.scale(0, z))
	}}
}

func bistable(a, b float64) stochastic {
	rest := func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.shift(1, e.scale(-1, e.mul(z, z))) }
	return stochastic{problems.Bistable(a, b),
		func(e *expr, z *gorgonia.Node) *gorgonia.Node {
			return e.mul(e.shift(-a, e.scale(-b*b, z)), rest(e, z))
		},
		func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.scale(b, rest(e, z)) },
	}
}

// cubicStep is the problem of the golden steps.
func cubicStep() stochastic {
	return stochastic{cubicDrift(), func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		return e.add(e.scale(0.5, z), e.scale(-0.3, e.mul(z, e.mul(z, z))))
	}, scaled(0.7)}
}

// noisyPulse depends on time in drift and diffusion, with k = exp(-((t - 1/2)/0.02)²):
// dy = (10k - y) dt + y(0.3 + k) dW.
func noisyPulse() stochastic {
	pulse := func(t float64) float64 { return math.Exp(-math.Pow((t-0.5)/0.02, 2)) }
	kick := func(e *expr) *gorgonia.Node {
		u := e.scale(50, e.shift(-0.5, e.do(e.s.Time)))
		return e.apply(gorgonia.Exp, e.scale(-1, e.mul(u, u)))
	}
	return stochastic{
		problems.Stochastic{
			Name:      "noisy pulse",
			Drift:     func(t float64, y, dst []float64) { dst[0] = 10*pulse(t) - y[0] },
			Diffusion: func(t float64, y, dst []float64) { dst[0] = y[0] * (0.3 + pulse(t)) },
			T1:        1,
			Y0:        []float64{1},
		},
		func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.add(e.scale(-1, z), e.scale(10, kick(e))) },
		func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.mul(z, e.shift(0.3, kick(e))) },
	}
}

// spiralSDE is the process that the paper fits a neural SDE to, as its authors'
// data have it:
//
//	du₁ = (-0.1 u₁³ - 2   u₂³) dt + 0.2 u₁ dW₁
//	du₂ = ( 2   u₁³ - 0.1 u₂³) dt + 0.2 u₂ dW₂
func spiralSDE() stochastic {
	return stochastic{
		problems.Stochastic{
			Name: "spiral SDE",
			Drift: func(_ float64, y, dst []float64) {
				a, b := y[0]*y[0]*y[0], y[1]*y[1]*y[1]
				dst[0], dst[1] = -0.1*a-2*b, 2*a-0.1*b
			},
			Diffusion: func(_ float64, y, dst []float64) { dst[0], dst[1] = 0.2*y[0], 0.2*y[1] },
			T1:        1,
			Y0:        []float64{2, 0},
		},
		func(e *expr, z *gorgonia.Node) *gorgonia.Node {
			return e.do(func() (*gorgonia.Node, error) {
				cube, err := ops.Cube(z)
				if err != nil {
					return nil, err
				}
				a := value.New(z.Dtype(), 2, 2)
				value.SetFloat64s(a, []float64{-0.1, 2, -2, -0.1})
				m, err := e.s.Data(a)
				if err != nil {
					return nil, err
				}
				return gorgonia.Mul(cube, m)
			})
		},
		scaled(0.2),
	}
}

// over returns p on [t0, t1].
func (p stochastic) over(t0, t1 float64) stochastic {
	p.T0, p.T1 = t0, t1
	return p
}

// newSDE returns a solver of p without parameters.
func newSDE(t testing.TB, m *SRI, p stochastic, noise *Noise, set *Settings) *Solver {
	t.Helper()
	o, err := NewSolver(Equation{Drift: p.f.dynamics, Diffusion: p.g.dynamics, T0: p.T0, T1: p.T1, Noise: noise}, m, set)
	if err != nil {
		t.Fatalf("%s, %s: %v", m.Name, p.Name, err)
	}
	return o
}

// predictFrom solves from z0.
func predictFrom(t testing.TB, o *Solver, z0 gorgonia.Value) *Solution {
	t.Helper()
	sol, err := o.Predict(z0)
	if err != nil {
		t.Fatal(err)
	}
	return sol
}

// rows returns the state of n rows with the given entries.
func rows(n int, x ...float64) *tensor.Dense {
	return tensor.New(tensor.WithShape(n, len(x)/n), tensor.WithBacking(append([]float64(nil), x...)))
}

// start returns the state of n rows that start as p does.
func (p stochastic) start(n int) *tensor.Dense { return rows(n, repeatRows(p.Stochastic, n)...) }

// near reports whether two numbers agree to a tolerance, relative or absolute.
func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol*max(1, math.Abs(b)) }

// TestStochasticFieldsAreTheProblems evaluates both forms of every drift and
// diffusion.
func TestStochasticFieldsAreTheProblems(t *testing.T) {
	for _, p := range []stochastic{geometricBrownian(0.5, 0.7), ornsteinUhlenbeck(2, 3), bistable(0.5, 0.7), cubicStep(), noisyPulse(), spiralSDE()} {
		z := append([]float64(nil), p.Y0...)
		floats.AddConst(0.3, z)
		want := make([]float64, len(z))
		for _, at := range []float64{p.T0, 0.49} {
			p.Drift(at, z, want)
			if k := valueOf(t, p.f.dynamics, row(z...), at); !floats.EqualApprox(k, want, 1e-14) {
				t.Errorf("%s: drift %v at t = %v, expected %v", p.Name, k, at, want)
			}
			p.Diffusion(at, z, want)
			if k := valueOf(t, p.g.dynamics, row(z...), at); !floats.EqualApprox(k, want, 1e-14) {
				t.Errorf("%s: diffusion %v at t = %v, expected %v", p.Name, k, at, want)
			}
		}
	}
}
