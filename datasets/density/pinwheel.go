package density

import (
	"math"
	"math/rand/v2"
)

// pinwheel has five arms. A point of arm k is (r, s), of standard deviations 0.3
// along the arm and 0.1 across around (1, 0), turned clockwise by 2πk/5 + 0.25·eʳ,
// so that the arms are bent, and scaled by 2. Points are dealt out evenly to the
// arms.
func pinwheel() Set {
	const arms = 5
	return Set{
		Name:    "pinwheel",
		Entropy: math.NaN(),
		Extent:  4.5,
		draw: func(xy []float64, rng *rand.Rand) {
			for i := 0; i < len(xy); i += 2 {
				r, s := 1+0.3*rng.NormFloat64(), 0.1*rng.NormFloat64()
				sin, cos := math.Sincos(2*math.Pi*float64(i/2%arms)/arms + 0.25*math.Exp(r))
				xy[i], xy[i+1] = 2*(r*cos+s*sin), 2*(s*cos-r*sin)
			}
			shuffle(xy, rng)
		},
	}
}
