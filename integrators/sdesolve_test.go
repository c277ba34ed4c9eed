package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/regnde/regnde/integrators/problems"
)

// noisySpiral is the spiral of problems.Spiral with noise of a fifth of the state,
// the process of the spiral neural SDE of Pal et al. (2021).
func noisySpiral() problems.Stochastic {
	p := problems.Spiral()
	return problems.Stochastic{
		Name:      "noisy spiral",
		Drift:     p.F,
		Diffusion: func(_ float64, y, dst []float64) { dst[0], dst[1] = 0.2*y[0], 0.2*y[1] },
		T1:        1,
		Y0:        []float64{2, 0},
	}
}

// TestNoisySpiralRuns: 100 trajectories at tolerance 0.3 take 124 steps, give or
// take two for other noise, and none that is rejected, as in an independent
// implementation of the algorithm of StochasticDiffEq.jl.
func TestNoisySpiralRuns(t *testing.T) {
	for _, m := range []*SRI{SOSRI, SOSRI2} {
		for seed := range uint64(3) {
			run, _, err := plainSDESolve(m, noisySpiral(), 100, &Noise{Seed: seed}, 0.3, nil)
			if err != nil {
				t.Fatal(err)
			}
			if run.accepted < 122 || run.accepted > 126 || run.rejected != 0 || run.evaluations != 2+4*run.accepted {
				t.Errorf("%s: %d accepted, %d rejected, %d evaluations, expected 122 to 126, none, and 2 and 4 a step",
					m.Name, run.accepted, run.rejected, run.evaluations)
			}
			if math.Abs(run.errorTimesStep-0.553) > 0.005 {
				t.Errorf("%s: Σ E h = %v, expected 0.553 ± 0.005", m.Name, run.errorTimesStep)
			}
		}
	}
}

// TestSDETolerance: adaptive solves follow the exact solution on their own path,
// with every kind of control.
func TestSDETolerance(t *testing.T) {
	for _, m := range []*SRI{SOSRI, SOSRI2, SRIW1} {
		for _, p := range problems.AllStochastic() {
			if p.Exact == nil {
				continue
			}
			for kind := PIControl; kind <= PredictiveControl; kind++ {
				for _, tol := range []float64{0.1, 0.02} {
					run, path, err := plainSDESolve(m, p, 50, &Noise{Seed: 5}, tol, &Controller{Kind: kind})
					if err != nil {
						t.Fatal(err)
					}
					exact := make([]float64, len(path))
					for i, w := range path {
						p.Exact(p.T1, []float64{w}, exact[i:i+1])
					}
					if d := floats.Distance(run.end, exact, 2) / floats.Norm(exact, 2); !(d <= tol/2) {
						t.Errorf("%s, %v control: error %v in %s, expected at most half the tolerance %v", m.Name, kind, d, p.Name, tol)
					}
				}
			}
		}
	}
}

// TestRejectionsKeepThePath: a burst of noise makes steps be rejected for their
// noise, which does not change the law of the path. Statistics 4, probability of a
// false alarm 2.3e-6.
func TestRejectionsKeepThePath(t *testing.T) {
	const paths = 2000
	burst := problems.Stochastic{
		Name:  "burst",
		Drift: func(_ float64, _, dst []float64) { dst[0] = 0 },
		Diffusion: func(t float64, _, dst []float64) {
			x := (t - 0.5) / 0.02
			dst[0] = 0.1 + 5*math.Exp(-x*x)
		},
		T1: 1,
		Y0: []float64{1},
	}
	for _, grid := range []int{-1, 8} {
		rejected := 0
		end := make([]float64, paths)
		for i := range end {
			run, path, err := plainSDESolve(SOSRI, burst, 1, &Noise{Seed: uint64(i), Grid: grid}, 0.1, nil)
			if err != nil {
				t.Fatal(err)
			}
			rejected += run.rejected
			end[i] = path[0]
		}
		if rejected < paths {
			t.Errorf("grid %d: %d rejections in %d solves, expected one in each or more", grid, rejected, paths)
		}
		mean := floats.Sum(end) / math.Sqrt(paths)
		variance := (floats.Dot(end, end)/paths - 1) / math.Sqrt(2./paths)
		if math.Abs(mean) > alarm || math.Abs(variance) > alarm {
			t.Errorf("grid %d: mean and variance of the path are off by %.1f and %.1f standard deviations, expected at most %v", grid, mean, variance, alarm)
		}
	}
}
