package main

import (
	"math"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks/robertson"
	"github.com/regnde/regnde/layers"
)

// clockOption chooses the independent variable of the solver.
var clockOption = trainer.Option{
	Name:   "clock",
	Usage:  "`unit` of the solver's time, the logarithm of the time or the time itself",
	Values: []string{"logarithmic", "seconds"},
}

// A clock is the time of the solver, or its logarithm, see robertson.LogTime. By the
// latter the stiffness S, which is t times that in seconds, is in proportion to the steps
// that an explicit method takes for a decade. In seconds a stiffness that is harmless
// in the first millisecond is forbidding in the last day.
type clock struct {
	logarithmic bool
	start       float64 // solver's time of the initial state
}

// clocks are those of the option. There is no logarithm of zero: by 10⁻⁹ s nothing has
// changed by more than 10⁻⁶ of its range.
var clocks = map[string]clock{
	"logarithmic": {true, math.Log(1e-9)},
	"seconds":     {false, 0},
}

// at returns the solver's times of times in seconds.
func (c clock) at(seconds ...float64) []float64 {
	times := make([]float64, len(seconds))
	for i, t := range seconds {
		times[i] = t
		if c.logarithmic {
			times[i] = math.Log(t)
		}
	}
	return times
}

// seconds returns the time of a solver's time.
func (c clock) seconds(t float64) float64 {
	if c.logarithmic {
		return math.Exp(t)
	}
	return t
}

// end returns the solver's time of the end.
func (c clock) end() float64 { return c.at(end)[0] }

// run returns dynamics by the clock of those by seconds.
func (c clock) run(f layers.Layer) layers.Layer {
	if !c.logarithmic {
		return f
	}
	return robertson.LogTime(f)
}
