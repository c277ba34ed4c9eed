package losses

import (
	"math/rand/v2"

	"github.com/pkg/errors"
)

// EndTime draws a random end of integration uniformly from (t1 − b, t1 + b)
// with 0 ≤ b < |t1 − t0|: the regularization of STEER (Ghosh et al., 2020). One
// draw serves one training iteration.
func EndTime(rng *rand.Rand, t0, t1, b float64) (float64, error) {
	length := t1 - t0
	if length < 0 {
		length = -length
	}
	if !(b >= 0 && b < length) {
		return 0, errors.Errorf("STEER half-width %v, expected at least 0 and below the length %v of the time span", b, length)
	}
	return t1 + b*(1-2*rng.Float64()), nil
}
