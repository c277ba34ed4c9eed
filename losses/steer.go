package losses

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
)

// EndTime draws a random end of integration uniformly from (t1 − b, t1 + b]
// with 0 ≤ b < |t1 − t0|: the regularization of Ghosh, Behl, Dupont, Torr and
// Namboodiri, STEER: Simple Temporal Regularization for Neural ODEs (NeurIPS
// 2020). One draw serves one training iteration; it is set on the solver with
// integrators.Solver.SetSpan. Predictions integrate to t1.
func EndTime(rng *rand.Rand, t0, t1, b float64) (float64, error) {
	if rng == nil {
		return 0, errors.New("STEER without a random generator")
	}
	if length := math.Abs(t1 - t0); !(b >= 0 && b < length) || math.IsInf(length, 0) {
		return 0, errors.Errorf("STEER half-width %v, expected at least 0 and below the length %v of the time span", b, length)
	}
	return t1 + b*(1-2*rng.Float64()), nil
}

// EndTimes draws an end of integration for each of n rows, as EndTime does for a batch.
// They are set on a solver with steps per row by integrators.Solver.SetRowTimes.
func EndTimes(rng *rand.Rand, t0, t1, b float64, n int) ([]float64, error) {
	if n < 1 {
		return nil, errors.Errorf("STEER for %d rows, expected at least one", n)
	}
	ends := make([]float64, n)
	for i := range ends {
		var err error
		if ends[i], err = EndTime(rng, t0, t1, b); err != nil {
			return nil, err
		}
	}
	return ends, nil
}

// SaveTimes draws the random times at which STEER wants a solution whose data
// are of the given times t_1 ≤ … ≤ t_n. They are t_1 and, in order,
//
//	t_i + b·δ_i·(2U_i − 1),   δ_i = t_i − t_{i−1} + ε,   U_i uniform in [0, 1)
//
// moved into [t_1, t_n] if they are outside of it, where ε = 2⁻²³. The official
// code of Pal et al. has b = ½, and so has their paper, but without ε. Equidistant
// neighbours can then meet, and pass each other by no more than ε. A solution is
// saved in the order of time all the same, so the i-th of the times drawn, in
// order, goes with the data of t_i. The times are set on the solver with
// integrators.Solver.SetSaveAt; predictions are at t_1, …, t_n. It is an error if
// these do not ascend or if b is not in [0, ½].
func SaveTimes(rng *rand.Rand, times []float64, b float64) ([]float64, error) {
	if rng == nil {
		return nil, errors.New("STEER without a random generator")
	}
	if !(b >= 0 && b <= 0.5) {
		return nil, errors.Errorf("STEER half-width %v of the intervals between save times, expected at least 0 and at most 1/2", b)
	}
	if !slices.IsSorted(times) || len(times) > 0 && !(times[len(times)-1]-times[0] < math.Inf(1)) {
		return nil, errors.Errorf("STEER at the times %v, expected finite ones that ascend", times)
	}
	drawn := slices.Clone(times)
	for i := 1; i < len(times); i++ {
		delta := times[i] - times[i-1] + 0x1p-23
		t := times[i] + b*delta*(2*rng.Float64()-1)
		drawn[i] = min(max(t, times[0]), times[len(times)-1])
	}
	slices.Sort(drawn)
	return drawn, nil
}
