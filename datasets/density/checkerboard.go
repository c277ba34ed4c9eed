package density

import (
	"math"
	"math/rand/v2"
)

// checkerboard is uniform on every other one of the squares of side 2 in [−4, 4)²,
// those whose numbers of column and row add up to an even one.
func checkerboard() Set {
	return Set{
		Name:    "checkerboard",
		Entropy: math.Log(32),
		Extent:  4.5,
		LogDensity: func(x, y float64) float64 {
			column, row := math.Floor(x/2), math.Floor(y/2)
			if column < -2 || column > 1 || row < -2 || row > 1 || math.Mod(column+row, 2) != 0 {
				return math.Inf(-1)
			}
			return -math.Log(32)
		},
		draw: func(xy []float64, rng *rand.Rand) {
			for i := 0; i < len(xy); i += 2 {
				x := 4*rng.Float64() - 2
				y := rng.Float64() - 2*float64(rng.IntN(2)) // in the rows of even number, 0 and −2
				if math.Mod(math.Floor(x), 2) != 0 {
					y++
				}
				xy[i], xy[i+1] = 2*x, 2*y
			}
		},
	}
}
