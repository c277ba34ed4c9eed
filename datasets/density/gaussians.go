package density

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// sixGaussians are on a circle of radius 5. Each is the sum of a normal variable of
// standard deviation 0.1 and of noise of 0.3, of variance 0.1 together. Points are
// dealt out evenly: 341 to each of six in a sample of 2046, as the official code
// draws with nsamples = 2048.
func sixGaussians() Set {
	r := ring{n: 6, radius: 5, sigma: math.Hypot(0.1, 0.3)}
	return Set{
		Name:       "6gaussians",
		Entropy:    math.Log(6) + math.Log(2*math.Pi*math.E*0.1), // they overlap by less than 10⁻¹⁴
		Extent:     6.5,
		LogDensity: r.logDensity,
		draw: func(xy []float64, rng *rand.Rand) {
			for i := 0; i < len(xy); i += 2 {
				xy[i], xy[i+1] = r.draw(i/2%r.n, rng)
			}
			shuffle(xy, rng)
		},
	}
}

// eightGaussians are on a circle of radius 4 with a standard deviation of 0.5, all
// divided by 1.414. Each point is from any of them.
func eightGaussians() Set {
	r := ring{n: 8, radius: 4 / 1.414, sigma: 0.5 / 1.414}
	return Set{
		Name:       "8gaussians",
		Entropy:    2.831880406137546, // by quadrature
		Extent:     4.5,
		LogDensity: r.logDensity,
		draw: func(xy []float64, rng *rand.Rand) {
			for i := 0; i < len(xy); i += 2 {
				xy[i], xy[i+1] = r.draw(rng.IntN(r.n), rng)
			}
		},
	}
}

// ring is a mixture of n isotropic normal distributions of equal weight, whose
// centres are evenly spaced on a circle around the origin, from (radius, 0) on.
type ring struct {
	n             int
	radius, sigma float64
}

func (r ring) centre(k int) (x, y float64) {
	sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(r.n))
	return r.radius * cos, r.radius * sin
}

// draw returns a point of the k-th component.
func (r ring) draw(k int, rng *rand.Rand) (x, y float64) {
	x, y = r.centre(k)
	return x + r.sigma*rng.NormFloat64(), y + r.sigma*rng.NormFloat64()
}

func (r ring) logDensity(x, y float64) float64 {
	logs := make([]float64, r.n)
	for k := range logs {
		cx, cy := r.centre(k)
		logs[k] = logNormal(x-cx, y-cy, r.sigma)
	}
	return floats.LogSumExp(logs) - math.Log(float64(r.n))
}

// logNormal is the log density at (x, y) of two independent normal variables of
// mean 0 and standard deviation σ.
func logNormal(x, y, sigma float64) float64 {
	x, y = x/sigma, y/sigma
	return -(x*x+y*y)/2 - math.Log(2*math.Pi*sigma*sigma)
}
