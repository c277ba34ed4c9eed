package problems

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/integrate/quad"
)

// TestExactSolutionsSatisfyItosFormula: y = F(t, W) solves the problem if
//
//	∂F/∂w = Diffusion(t, F)   and   ∂F/∂t + ½ ∂²F/∂w² = Drift(t, F).
func TestExactSolutionsSatisfyItosFormula(t *testing.T) {
	for _, p := range AllStochastic() {
		if p.Exact == nil {
			continue
		}
		y, slope := make([]float64, 1), make([]float64, 1)
		exact := func(t, w float64) float64 {
			p.Exact(t, []float64{w}, y)
			return y[0]
		}
		if got := exact(p.T0, 0); math.Abs(got-p.Y0[0]) > 1e-15 {
			t.Errorf("%s: solution starts at %v, expected %v", p.Name, got, p.Y0[0])
		}
		for _, at := range []float64{0.1, 0.5, 0.9} {
			for _, w := range []float64{-1.5, 0, 0.4, 2} {
				byW := func(w float64) float64 { return exact(at, w) }
				byT := func(t float64) float64 { return exact(t, w) }
				dw := fd.Derivative(byW, w, &fd.Settings{Formula: fd.Central, Step: 1e-5})
				dww := fd.Derivative(byW, w, &fd.Settings{Formula: fd.Central2nd, Step: 1e-4})
				dt := fd.Derivative(byT, at, &fd.Settings{Formula: fd.Central, Step: 1e-5})
				state := []float64{exact(at, w)}
				if p.Diffusion(at, state, slope); math.Abs(slope[0]-dw) > 1e-8*math.Max(1, math.Abs(dw)) {
					t.Errorf("%s: diffusion %v at t = %v, W = %v, expected %v", p.Name, slope[0], at, w, dw)
				}
				if p.Drift(at, state, slope); math.Abs(slope[0]-dt-dww/2) > 1e-6*math.Max(1, math.Abs(slope[0])) {
					t.Errorf("%s: drift %v at t = %v, W = %v, expected %v", p.Name, slope[0], at, w, dt+dww/2)
				}
			}
		}
	}
}

// TestMoments integrates exact solutions over the law of W, and those of the
// Ornstein–Uhlenbeck process by the equations of its moments, m' = -m and
// v' = -2v + σ².
func TestMoments(t *testing.T) {
	moment := func(p Stochastic, f func(float64, []float64), at float64) float64 {
		m := make([]float64, 1)
		f(at, m)
		return m[0]
	}
	for _, p := range AllStochastic() {
		if p.Exact == nil || p.Mean == nil {
			continue
		}
		for _, at := range []float64{0.2, 1} {
			expect := func(f func(y float64) float64) float64 {
				return quad.Fixed(func(x float64) float64 {
					y := make([]float64, 1)
					p.Exact(at, []float64{math.Sqrt(2*at) * x}, y)
					return f(y[0]) / math.Sqrt(math.Pi) // the rule has the weight exp(-x²)
				}, math.Inf(-1), math.Inf(1), 40, quad.Hermite{}, 0)
			}
			mean := expect(func(y float64) float64 { return y })
			variance := expect(func(y float64) float64 { return (y - mean) * (y - mean) })
			if got := moment(p, p.Mean, at); math.Abs(got-mean) > 1e-10 {
				t.Errorf("%s: mean %v at %v, expected %v", p.Name, got, at, mean)
			}
			if got := moment(p, p.Variance, at); math.Abs(got-variance) > 1e-10 {
				t.Errorf("%s: variance %v at %v, expected %v", p.Name, got, at, variance)
			}
		}
	}

	const rate, sigma = 1.3, 0.6
	p := OrnsteinUhlenbeck(rate, sigma)
	if m, v := moment(p, p.Mean, p.T0), moment(p, p.Variance, p.T0); m != p.Y0[0] || v != 0 {
		t.Errorf("%s: mean %v and variance %v at first, expected %v and 0", p.Name, m, v, p.Y0[0])
	}
	for _, at := range []float64{0.2, 1} {
		slope := func(f func(float64, []float64)) float64 {
			return fd.Derivative(func(t float64) float64 { return moment(p, f, t) }, at, &fd.Settings{Formula: central})
		}
		if got, want := slope(p.Mean), -rate*moment(p, p.Mean, at); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: the mean has slope %v at %v, expected %v", p.Name, got, at, want)
		}
		if got, want := slope(p.Variance), sigma*sigma-2*rate*moment(p, p.Variance, at); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: the variance has slope %v at %v, expected %v", p.Name, got, at, want)
		}
	}
}
