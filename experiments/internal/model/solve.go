package model

import (
	"math"
	"slices"
	"time"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/integrators"
)

// repeats is the odd number of times that a prediction is timed.
const repeats = 5

// Timed runs a prediction several times and notes the median, least and greatest
// of the times, and what the solver did. The settings of the solver must ask for
// a record of its steps.
func Timed(s *integrators.Solver, predict func() error) (trainer.Prediction, error) {
	times := make([]time.Duration, repeats)
	for i := range times {
		start := time.Now()
		if err := predict(); err != nil {
			return trainer.Prediction{}, err
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	sol := s.Last()
	return trainer.Prediction{
		NFE: sol.NFE, DiffusionNFE: sol.DiffusionNFE, Accepted: sol.Accepted, Rejected: sol.Rejected,
		Time: times[repeats/2], Fastest: times[0], Slowest: times[repeats-1], Steps: sol.Steps,
	}, nil
}

// Observe fills in what the solver did in an iteration, with the regularizers in
// the given aggregations, also those that are not part of the objective. The
// settings of the solver must ask for a record of its steps.
func Observe(r *trainer.Result, s *integrators.Solver, errors, stiffness ops.Aggregation) {
	sol := s.Last()
	r.NFE, r.Accepted, r.Rejected = sol.NFE, sol.Accepted, sol.Rejected
	var e, st []float64
	for _, step := range sol.Steps {
		if step.Accepted {
			e = append(e, step.E*math.Abs(step.H))
			st = append(st, step.S)
		}
	}
	r.RegError = aggregate(errors, 0, e)
	if sol.MaxStiffness > 0 { // else the method estimates none
		r.RegStiff = aggregate(stiffness, 1, st)
	}
}

// aggregate is what integrators.Regularizer adds to a graph: mean and maximum
// count an initial entry.
func aggregate(a ops.Aggregation, initial float64, terms []float64) float64 {
	if a == ops.Sum {
		initial = 0
	}
	y := initial
	for _, x := range terms {
		if a == ops.Max {
			y = max(y, x)
		} else {
			y += x
		}
	}
	if a == ops.Mean {
		y /= float64(len(terms) + 1)
	}
	return y
}
