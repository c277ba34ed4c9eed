// Package lorenz draws paths of the stochastic Lorenz attractor, on which Li, Wong, Chen
// and Duvenaud, "Scalable gradients for stochastic differential equations" (AISTATS
// 2020), train latent SDEs, in the setting of the example of torchsde, their library:
//
//	dX₁ = 10 (X₂ − X₁) dt          + 0.1  X₁ dW₁
//	dX₂ = (X₁ (28 − X₃) − X₂) dt   + 0.28 X₂ dW₂
//	dX₃ = (X₁ X₂ − 8/3 X₃) dt      + 0.3  X₃ dW₃
//
// in the sense of Itô, from standard normal X(0), observed at equidistant times in
// [0, 2], both ends included.
package lorenz

import (
	"fmt"
	"math"
	"math/rand/v2"
)

const (
	Dim = 3 // coordinates of a state
	End = 2 // time of the last observation; the first is at 0
)

// Times returns the n ≥ 2 times of the observations. It panics if n is less.
func Times(n int) []float64 {
	checkTimes(n)
	times := make([]float64, n)
	for i := range times {
		times[i] = End * float64(i) / float64(n-1)
	}
	return times
}

// Drift returns that of a state, which does not depend on time.
func Drift(x [Dim]float64) [Dim]float64 {
	return [Dim]float64{10 * (x[1] - x[0]), x[0]*(28-x[2]) - x[1], x[0]*x[1] - 8./3*x[2]}
}

// relative is the diffusion of a coordinate, as a multiple of it.
var relative = [Dim]float64{0.1, 0.28, 0.3}

// maxStep keeps the strong error of the method, which is of order 1, at a few thousandths
// of the size of the attractor.
const maxStep = 5e-4

// checkTimes panics unless there are at least two times.
func checkTimes(n int) {
	if n < 2 {
		panic(fmt.Sprintf("lorenz: %d times, expected at least 2", n))
	}
}

// Sample draws paths (paths, n, 3), row-major, at the n times of Times. It panics if n is
// less than 2, paths is negative or rng is nil.
func Sample(paths, n int, rng *rand.Rand) []float64 {
	checkTimes(n)
	if paths < 0 || rng == nil {
		panic(fmt.Sprintf("lorenz: %d paths by generator %p, expected a number of at least 0 and a generator", paths, rng))
	}
	x := make([]float64, 0, paths*n*Dim)
	steps := int(math.Ceil(End / (maxStep * float64(n-1))))
	h := End / float64(steps*(n-1))
	for range paths {
		var u [Dim]float64
		for i := range u {
			u[i] = rng.NormFloat64()
		}
		x = append(x, u[:]...)
		for range n - 1 {
			for range steps {
				u = milstein(u, h, rng)
			}
			x = append(x, u[:]...)
		}
	}
	return x
}

// milstein takes one step of Milstein's method (Kloeden and Platen, Numerical Solution of
// Stochastic Differential Equations, section 10.3).
func milstein(x [Dim]float64, h float64, rng *rand.Rand) [Dim]float64 {
	f := Drift(x)
	for i, b := range relative {
		dw := math.Sqrt(h) * rng.NormFloat64()
		x[i] += h*f[i] + b*x[i]*(dw+b*(dw*dw-h)/2)
	}
	return x
}
