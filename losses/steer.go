package losses

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// EndTime draws a random end of integration uniformly from (t1 − b, t1 + b)
// with 0 ≤ b < |t1 − t0|: the regularization of Ghosh, Behl, Dupont, Torr and
// Namboodiri, STEER: Simple Temporal Regularization for Neural ODEs (NeurIPS
// 2020). One draw serves one training iteration; it is set on the solver with
// integrators.ODE.SetSpan. Predictions integrate to t1.
func EndTime(rng *rand.Rand, t0, t1, b float64) (float64, error) {
	if rng == nil {
		return 0, errors.New("STEER without a random generator")
	}
	if length := math.Abs(t1 - t0); !(b >= 0 && b < length) || math.IsInf(length, 0) {
		return 0, errors.Errorf("STEER half-width %v, expected at least 0 and below the length %v of the time span", b, length)
	}
	return t1 + b*(1-2*rng.Float64()), nil
}
