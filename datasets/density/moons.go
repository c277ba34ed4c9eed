package density

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate/quad"
)

// moonSigma is the standard deviation of the noise around the moons, as they are
// scaled.
const moonSigma = 0.2

// moon returns a point of one of two half circles of radius 2, at the angle θ in
// [0, π]: the outer one opens down, the other one up. They are
//
//	(cos θ, sin θ)  and  (1 − cos θ, ½ − sin θ)
//
// in scikit-learn's make_moons, from which FFJORD's code takes them to 2·(x, y) +
// (−1, −0.2).
func moon(outer bool, theta float64) (x, y float64) {
	sin, cos := math.Sincos(theta)
	if outer {
		return 2*cos - 1, 2*sin - 0.2
	}
	return 1 - 2*cos, 0.8 - 2*sin
}

// moons are two half circles, with noise. Points are dealt out evenly: half of
// them to each, at equidistant angles, both ends included.
func moons() Set {
	return Set{
		Name:       "moons",
		Entropy:    2.393879195966, // by quadrature
		Extent:     4,
		LogDensity: moonLogDensity(),
		draw: func(xy []float64, rng *rand.Rand) {
			n := len(xy) / 2
			half := n / 2
			for i := range n {
				outer, k, of := i < half, i, half
				if !outer {
					k, of = i-half, n-half
				}
				x, y := moon(outer, math.Pi*float64(k)/float64(max(of-1, 1)))
				xy[2*i] = x + moonSigma*rng.NormFloat64()
				xy[2*i+1] = y + moonSigma*rng.NormFloat64()
			}
			shuffle(xy, rng)
		},
	}
}

// moonLogDensity returns the log density of points at any angle, the mean of normal
// densities over both half circles, by a Gauss–Legendre rule: a mixture of as many
// components as it takes for an error below 10⁻¹⁰ in the square that pictures show.
func moonLogDensity() func(x, y float64) float64 {
	const n = 96
	theta, weight := make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(theta, weight, 0, math.Pi)
	var centres [2 * n][2]float64
	var logWeights [2 * n]float64
	for i, t := range theta {
		for j, outer := range []bool{true, false} {
			k := 2*i + j
			centres[k][0], centres[k][1] = moon(outer, t)
			logWeights[k] = math.Log(weight[i] / (2 * math.Pi))
		}
	}
	return func(x, y float64) float64 {
		var logs [2 * n]float64
		for k, c := range centres {
			logs[k] = logWeights[k] + logNormal(x-c[0], y-c[1], moonSigma)
		}
		return floats.LogSumExp(logs[:])
	}
}
