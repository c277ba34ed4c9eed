package layers

import (
	"math"
	"math/rand/v2"
)

// GlorotUniform returns an initialiser that draws from the uniform distribution
// on ±sqrt(6/(in+out)) (Glorot and Bengio, 2010). It panics without a generator.
func GlorotUniform(rng *rand.Rand, in, out int) func(w []float64) {
	if rng == nil {
		panic("layers: GlorotUniform without a random generator")
	}
	bound := math.Sqrt(6 / float64(in+out))
	return func(w []float64) {
		for i := range w {
			w[i] = bound * (2*rng.Float64() - 1)
		}
	}
}
