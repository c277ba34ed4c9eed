package spiralsde

import (
	"math"
	"math/rand/v2"
	"testing"
)

// simulate returns the mean, the variance and the fourth central moment of u₁
// and u₂ at the save times, (30, 2) each, over n trajectories of the method of
// Euler and Maruyama with the given number of steps between save times.
func simulate(rng *rand.Rand, n, steps int) (mean, variance, fourth []float64) {
	u := make([][2]float64, n)
	for i := range u {
		u[i] = Start()
	}
	h := End / float64((Points-1)*steps)
	root := math.Sqrt(h)
	for k := range Points {
		if k > 0 {
			for i, v := range u {
				for range steps {
					f, g := Drift(v), Diffusion(v)
					v[0] += h*f[0] + root*g[0]*rng.NormFloat64()
					v[1] += h*f[1] + root*g[1]*rng.NormFloat64()
				}
				u[i] = v
			}
		}
		for j := range 2 {
			var m, m2, m4 float64
			for _, v := range u {
				m += v[j] / float64(n)
			}
			for _, v := range u {
				d := (v[j] - m) * (v[j] - m)
				m2 += d / float64(n-1)
				m4 += d * d / float64(n)
			}
			mean, variance, fourth = append(mean, m), append(variance, m2), append(fourth, m4)
		}
	}
	return mean, variance, fourth
}

// The authors' moments are those of this process. They are estimates over 10000
// trajectories, compared with estimates over 5000, so a difference of means has
// the variance σ²·(1/5000 + 1/10000), one of variances (μ₄-σ⁴)·(1/5000 + 1/10000);
// standard errors are at most 0.018 and 0.027. Each of the 116 differences may be
// 5 of them: one for the bias of the method, which is of the order of its step
// 1/4350, and four for chance. The authors' moments alone are up to four of their
// own standard errors from the exact ones, all as if the spiral were a little
// wider.
func TestSimulationReproducesMoments(t *testing.T) {
	const n = 5000
	want, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	mean, variance, fourth := simulate(rand.New(rand.NewPCG(1, 2)), n, 150)
	const both = 1./n + 1./Trajectories
	for i := 2; i < 2*Points; i++ { // from the second time on
		k, j := i/2, i%2+1
		if se := math.Sqrt(both * variance[i]); se > 0.018 || !(math.Abs(mean[i]-want.Mean[i]) <= 5*se) {
			t.Errorf("mean%d at %d/29 is %v with standard error %.4f, want %v", j, k, mean[i], se, want.Mean[i])
		}
		if se := math.Sqrt(both * (fourth[i] - variance[i]*variance[i])); se > 0.027 || !(math.Abs(variance[i]-want.Variance[i]) <= 5*se) {
			t.Errorf("var%d at %d/29 is %v with standard error %.4f, want %v", j, k, variance[i], se, want.Variance[i])
		}
	}
}

// The process is from (2, 0), where only u₁ is noisy, and the spiral turns
// counter-clockwise, towards positive u₂; Eq. 15 as printed has -16 here.
func TestStart(t *testing.T) {
	u := Start()
	if f, g := Drift(u), Diffusion(u); math.Abs(f[0]+0.8) > 1e-15 || f[1] != 16 || g != [2]float64{0.4, 0} {
		t.Errorf("drift %v and diffusion %v at the start, want (-0.8, 16) and (0.4, 0)", f, g)
	}
	if f, g := Drift([2]float64{0, -1}), Diffusion([2]float64{0, -1}); f != [2]float64{2, 0.1} || g != [2]float64{0, -0.2} {
		t.Errorf("drift %v and diffusion %v at (0, -1), want (2, 0.1) and (0, -0.2)", f, g)
	}
}

func TestTimes(t *testing.T) {
	times := Times()
	if len(times) != 30 || times[0] != 0 || times[29] != 1 {
		t.Fatalf("%d times %v, want 30 from 0 to 1", len(times), times)
	}
	for k := 1; k < 30; k++ {
		if d := times[k] - times[k-1] - 1./29; math.Abs(d) > 1e-15 {
			t.Errorf("times %d and %d are %v apart, want 1/29", k-1, k, times[k]-times[k-1])
		}
	}
}
