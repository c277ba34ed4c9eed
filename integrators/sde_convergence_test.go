package integrators

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// TestSDEPredictConvergence regresses the mean error of fixed steps on their size,
// over paths that all sizes share. Slopes over the same numbers of steps of an
// independent implementation, where there is one, differ in paths alone: over 2000
// of them by 0.04 or so. They are not the orders, to which they settle for shorter
// steps.
func TestSDEPredictConvergence(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const paths, band = 2000, 0.1
	noise := &Noise{Seed: 2, Grid: 64}
	for _, tt := range []struct {
		p      stochastic
		slopes map[*SRI]float64
	}{
		{geometricBrownian(0.5, 0.7), map[*SRI]float64{SOSRI: 1.41, SOSRI2: 1.42, SRIW1: 1.39, Milstein: 1, EulerMaruyama: 0.46}},
		{bistable(0.5, 0.7), map[*SRI]float64{SOSRI: 1.56, SOSRI2: 1.44, SRIW1: 1.43, Milstein: 1, EulerMaruyama: 0.5}},
	} {
		b := startBrownian(t, paths, 1, false, noise, tt.p.T0, tt.p.T1)
		b.prepare(tt.p.T1)
		exact := make([]float64, paths)
		for i, w := range b.dW() {
			tt.p.Exact(tt.p.T1, []float64{w}, exact[i:i+1])
		}
		for _, m := range sdeMethods {
			slope := strongSlope(exact, []int{4, 8, 16, 32, 64}, func(n int) []float64 {
				return value.Float64s(predictFrom(t, newSDE(t, m, tt.p, noise, &Settings{FixedSteps: n}), tt.p.start(paths)).Z)
			})
			if want := tt.slopes[m]; !(math.Abs(slope-want) <= band) {
				t.Errorf("%s converges with slope %.2f on %s, expected %v ± %v", m.Name, slope, tt.p.Name, want, band)
			}
		}
	}
}

// TestSDEMoments: the mean and the variance of numerical solutions are in their
// confidence intervals of alarm = 5 standard deviations. Statistics 10, probability
// of a false alarm, over seeds, 5.7e-6.
func TestSDEMoments(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	check := func(what string, x []float64, mean, variance float64) {
		t.Helper()
		n := float64(len(x))
		m, v := stat.MeanVariance(x, nil)
		zm, zv := (m-mean)/math.Sqrt(variance/n), (v/variance-1)/math.Sqrt(2/n)
		if math.Abs(zm) > alarm || math.Abs(zv) > alarm {
			t.Errorf("%s: mean %v and variance %v, expected %v and %v: off by %.1f and %.1f standard deviations", what, m, v, mean, variance, zm, zv)
		}
	}
	moments := func(p stochastic, at float64) (mean, variance float64) {
		x := make([]float64, 2)
		p.Mean(at, x[:1])
		p.Variance(at, x[1:])
		return x[0], x[1]
	}

	// Many trajectories with fixed steps, at the end of which they are saved. The
	// mean is known to ±0.01, the variance to ±5 %.
	const many = 20_000
	p := ornsteinUhlenbeck(1, 0.5)
	times := []float64{0.25, 0.5, 1}
	z := value.Float64s(predictFrom(t, newSDE(t, SOSRI, p, &Noise{Seed: 1}, &Settings{FixedSteps: 16, SaveAt: times}), p.start(many)).Z)
	for i, at := range times {
		mean, variance := moments(p, at)
		check("fixed steps", z[i*many:(i+1)*many], mean, variance)
	}

	// Single trajectories, each with steps of its own and many of them rejected.
	const single = 1000
	for _, p := range []stochastic{p, geometricBrownian(0.5, 0.7)} {
		var x []float64
		o := newSDE(t, SRIW1, p, &Noise{Grid: -1}, &Settings{AbsTol: 0.02, RelTol: 0.02, InitialStep: 0.25})
		rejected := 0
		for i := range single {
			o.SetSeed(uint64(i))
			sol := predictFrom(t, o, p.start(1))
			rejected += sol.Rejected
			x = append(x, value.Float64s(sol.Z)...)
		}
		if rejected < single/2 {
			t.Errorf("%s: %d rejected steps in %d solves: nothing said about rejection", p.Name, rejected, single)
		}
		if p.Exact == nil {
			mean, variance := moments(p, p.T1)
			check("adaptive steps", x, mean, variance)
			continue
		}
		for i, y := range x {
			x[i] = math.Log(y) // which is normal
		}
		check("adaptive steps, logarithm", x, 0.5-0.7*0.7/2, 0.7*0.7)
	}
}

// TestSDESpiral solves for 100 trajectories of the true spiral SDE as one state,
// with the tolerance and over the time of the paper's experiment. The numbers
// expected are those of 200 runs of the algorithm on plain slices with independent
// normal variables: NFE 500 ± 10 with quartiles 494 and 506, from 482 to 526,
// Σ E|h| = 0.554 ± 0.002, and no rejected step.
func TestSDESpiral(t *testing.T) {
	const seeds = 16
	for _, m := range []*SRI{SOSRI, SOSRI2} {
		o := newSDE(t, m, spiralSDE().over(0, 1+1.19e-7), nil, &Settings{AbsTol: 0.3, RelTol: 0.3, Record: true})
		var nfe, sum []float64
		for seed := range uint64(seeds) {
			o.SetSeed(seed)
			sol := predictFrom(t, o, spiralSDE().start(100))
			if sol.NFE != 2+4*sol.Accepted || sol.Rejected != 0 {
				t.Errorf("%s, seed %d: NFE %d with %d steps, %d rejected, expected 2 + 4 a step, none", m.Name, seed, sol.NFE, sol.Accepted, sol.Rejected)
			}
			nfe, sum = append(nfe, float64(sol.NFE)), append(sum, 0)
			for _, s := range sol.Steps {
				sum[seed] += s.E * s.H
			}
		}
		slices.Sort(nfe)
		if nfe[0] < 470 || nfe[seeds-1] > 540 || math.Abs(stat.Mean(nfe, nil)-500) > 10 {
			t.Errorf("%s: NFE %v, expected 500 ± 10", m.Name, nfe)
		}
		if got := stat.Mean(sum, nil); math.Abs(got-0.554) > 0.002 {
			t.Errorf("%s: ΣE|h| = %v on average, expected 0.554", m.Name, got)
		}
	}
}

// wells is the field z - z³.
func wells(e *expr, z *gorgonia.Node) *gorgonia.Node {
	return e.add(z, e.scale(-1, e.mul(z, e.mul(z, z))))
}

// roughlyBistable is dy = (y - y³) dt + √(1 + y²)/2 dW.
func roughlyBistable() stochastic {
	return stochastic{
		problems.Stochastic{Name: "multiplicative noise", T1: 1, Y0: []float64{0.5}},
		wells,
		func(e *expr, z *gorgonia.Node) *gorgonia.Node {
			return e.scale(0.5, e.apply(gorgonia.Sqrt, e.shift(1, e.mul(z, z))))
		},
	}
}

// TestSDEConvergenceOnAPath refines steps on one path that is known more finely than
// they are, drawn on a grid or given, of equations whose solution depends on the
// integral of the path, I(1,0). The reference has the steps of the path. With
// integrals drawn anew for each size of step all slopes are 1. Additive noise, and
// errors that are not yet asymptotic, raise them.
func TestSDEConvergenceOnAPath(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const paths, fine, band = 300, 512, 0.2
	sin := func(e *expr, c float64) *gorgonia.Node { return e.apply(gorgonia.Sin, e.scale(c, e.do(e.s.Time))) }
	additive := stochastic{
		problems.Stochastic{Name: "additive noise", T1: 1, Y0: []float64{0.5}},
		func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.add(wells(e, z), sin(e, 1)) },
		func(e *expr, z *gorgonia.Node) *gorgonia.Node {
			return e.add(e.scale(0, z), e.shift(0.5, e.scale(0.3, sin(e, 2))))
		},
	}
	multiplicative := roughlyBistable()
	for _, p := range []stochastic{additive, multiplicative} {
		for _, given := range []bool{false, true} {
			noise := &Noise{Seed: 5, Grid: fine}
			if given {
				path, err := noise.Sample(paths, 1, p.T0, p.T1)
				if err != nil {
					t.Fatal(err)
				}
				for i := range path {
					path[i].DZ = nil // so that it is drawn for each increment
				}
				noise = &Noise{Seed: 6, Path: path}
			}
			solve := func(m *SRI, n int) []float64 {
				return value.Float64s(predictFrom(t, newSDE(t, m, p, noise, &Settings{FixedSteps: n}), p.start(paths)).Z)
			}
			exact := solve(SOSRI2, fine)
			for _, m := range adaptiveSRI {
				slope := strongSlope(exact, []int{4, 8, 16, 32, 64}, func(n int) []float64 { return solve(m, n) })
				if !(slope >= m.StrongOrder-band) {
					t.Errorf("%s converges with slope %.2f with %s, path given: %v, expected %v or more, less at most %v", m.Name, slope, p.Name, given, m.StrongOrder, band)
				}
			}
		}
	}
}

// TestSDEToleranceOnAPath: tighter tolerances converge on one path with the order of
// the method in the number of steps, although steps end between the times at which
// the path is known and some are rejected. With a Z that is bridged by itself the
// slopes are 1.15 and less.
func TestSDEToleranceOnAPath(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const paths, fine, band = 200, 1024, 0.2
	p := roughlyBistable()
	noise := &Noise{Seed: 5, Grid: fine}
	exact := value.Float64s(predictFrom(t, newSDE(t, SOSRI2, p, noise, &Settings{FixedSteps: fine}), p.start(paths)).Z)
	for _, m := range adaptiveSRI {
		var logSteps, logError []float64
		for _, tol := range []float64{0.1, 0.05, 0.02, 0.01} {
			if m == SRIW1 {
				tol /= 5 // its estimate is smaller
			}
			sol := predictFrom(t, newSDE(t, m, p, noise, &Settings{AbsTol: tol, RelTol: tol, InitialStep: 1}), p.start(paths))
			if sol.Rejected == 0 {
				t.Errorf("%s, tolerance %v: no step was rejected", m.Name, tol)
			}
			logSteps = append(logSteps, math.Log(float64(sol.Accepted)))
			logError = append(logError, math.Log(floats.Distance(value.Float64s(sol.Z), exact, 1)/paths))
		}
		if _, slope := stat.LinearRegression(logSteps, logError, nil, false); !(-slope >= m.StrongOrder-band) {
			t.Errorf("%s converges with slope %.2f in the number of steps, expected %v or more, less at most %v", m.Name, -slope, m.StrongOrder, band)
		}
	}
}
