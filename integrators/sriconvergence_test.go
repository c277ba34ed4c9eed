package integrators

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/regnde/regnde/integrators/problems"
)

// strongSlope regresses log(E|u_N - u(T)|) on log(h): the mean is over the
// entries of the end states that solve returns for numbers of steps N, and of the
// exact ones.
func strongSlope(exact []float64, steps []int, solve func(n int) []float64) float64 {
	var logH, logError []float64
	for _, n := range steps {
		logH = append(logH, -math.Log(float64(n)))
		logError = append(logError, math.Log(floats.Distance(solve(n), exact, 1)/float64(len(exact))))
	}
	_, slope := stat.LinearRegression(logH, logError, nil, false)
	return slope
}

// TestStrongConvergence takes fixed steps over paths that all step sizes share.
// Additive noise raises the order by a half, but for Milstein, which neglects
// I(1,0). The slope is known to a standard deviation of about 0.04 over 1000 paths
// and not yet asymptotic by about 0.1, hence the band.
func TestStrongConvergence(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const (
		paths = 1000
		band  = 0.2
	)
	steps := []int{4, 8, 16, 32, 64}
	noise := &Noise{Seed: 1, Grid: 64}
	for _, p := range []problems.Stochastic{problems.GeometricBrownian(0.5, 0.7), problems.Bistable(0.5, 0.7), problems.GrowingNoise(0.5)} {
		b := startBrownian(t, paths, 1, true, noise, p.T0, p.T1)
		b.prepare(p.T1)
		exact := make([]float64, paths)
		for i, w := range b.dW() {
			p.Exact(p.T1, []float64{w}, exact[i:i+1])
		}
		for _, m := range sdeMethods {
			order := m.StrongOrder
			if p.Name == problems.GrowingNoise(1).Name && m != Milstein {
				order += 0.5
			}
			slope := strongSlope(exact, steps, func(n int) []float64 {
				step, u := newPlainSRI(m, p, paths), repeatRows(p, paths)
				b := startBrownian(t, paths, 1, true, noise, p.T0, p.T1)
				for i := range n {
					at := func(i int) float64 { return p.T0 + (p.T1-p.T0)*float64(i)/float64(n) }
					b.prepare(at(i + 1))
					step.take(at(i), at(i+1)-at(i), u, b.dW(), b.dZ())
					copy(u, step.u1)
				}
				return u
			})
			if !(math.Abs(slope-order) <= band) {
				t.Errorf("%s converges with order %.2f on %s, expected %v ± %v", m.Name, slope, p.Name, order, band)
			}
		}
	}
}

// TestStrongConvergenceOnPaths solves an equation whose solution depends on the
// whole path, with increments ΔW and I(1,0) of a fine path that each step size adds
// up for itself. Its noise is additive, so the methods of order 3/2 are of order 2,
// but only if ΔZ enters as it must: with ΔZ that is independent of the path the
// order is 1, that of Euler–Maruyama.
func TestStrongConvergenceOnPaths(t *testing.T) {
	const (
		paths = 500
		fine  = 512
		band  = 0.2
		rate  = 1
		sigma = 0.5
		h     = 1. / fine
	)
	p := problems.OrnsteinUhlenbeck(rate, sigma)
	rng := rand.New(rand.NewPCG(1, 2))
	normals := func() []float64 {
		x := make([]float64, paths*fine)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		return x
	}
	dw, integral, independent := normals(), normals(), normals() // by time, then path
	exact := repeatRows(p, paths)
	for i := range dw {
		dw[i] *= math.Sqrt(h)
		integral[i] = h * (dw[i] + math.Sqrt(h/3)*integral[i]) / 2
		// u1 = e^(-rate·h) u + sigma ∫ e^(-rate(h-s)) dW(s), where the integral is
		// ΔW - rate·I(1,0) up to O(h^(5/2)).
		exact[i%paths] *= math.Exp(-rate * h)
		exact[i%paths] += sigma * (dw[i] - rate*integral[i])
	}
	for _, m := range []*SRI{SOSRI, SOSRI2, SRIW1, EulerMaruyama} {
		for _, given := range []bool{true, false} {
			order := 1.0
			if given && m.UsesZ() {
				order = 2
			}
			slope := strongSlope(exact, []int{4, 8, 16, 32}, func(n int) []float64 {
				step, u := newPlainSRI(m, p, paths), repeatRows(p, paths)
				w, z := make([]float64, paths), make([]float64, paths)
				per := fine / n
				long := h * float64(per)
				for i := range n {
					clear(w)
					clear(z)
					for j := i * per * paths; j < (i+1)*per*paths; j++ {
						// I(1,0) over the whole: over the part, and W before it.
						z[j%paths] += integral[j] + h*w[j%paths]
						w[j%paths] += dw[j]
					}
					for k := range z {
						z[k] = math.Sqrt(3) * (2*z[k]/long - w[k])
						if !given {
							z[k] = math.Sqrt(long) * independent[i*paths+k]
						}
					}
					step.take(long*float64(i), long, u, w, z)
					copy(u, step.u1)
				}
				return u
			})
			if !(math.Abs(slope-order) <= band) {
				t.Errorf("%s, I(1,0) of the path: %v: converges with order %.2f, expected %v ± %v", m.Name, given, slope, order, band)
			}
		}
	}
}
