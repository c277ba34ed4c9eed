package main

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/integrators"
)

// explicitAttempts is the parameter that bounds the steps of the explicit method on a
// trained model.
const explicitAttempts = "explicit_attempts"

// survival measures what a trained model takes of an explicit method, which may not
// come to the end of the time span, and of the one that switches.
func (m *reaction) survival() ([]trainer.Measurement, error) {
	explicit, reach, err := m.solveWith(integrators.Tsit5)
	if err != nil {
		return nil, err
	}
	switched, _, err := m.solveWith(integrators.AutoTsit5(integrators.Rodas5P))
	if err != nil {
		return nil, err
	}
	return []trainer.Measurement{
		{Name: "NFE of tsit5", Value: float64(explicit.NFE)},
		{Name: "reach of tsit5 (s)", Value: reach},
		{Name: "NFE of the switch", Value: float64(switched.NFE)},
	}, nil
}

// solveWith solves by a method, with its steps recorded, and returns the time in seconds
// up to which it comes before it fails or has made too many attempts. That is no error.
func (m *reaction) solveWith(method integrators.Method) (sol *integrators.Solution, reach float64, err error) {
	set := m.SolverSettings()
	set.MinStep, set.MaxSteps, set.Partial = minStep, int(m.Config.Params[explicitAttempts]), true
	equation := integrators.Equation{Drift: m.dynamics.Forward, Params: m.Params, T0: m.clock.start, T1: m.clock.end()}
	o, err := integrators.NewSolver(equation, method, set)
	if err != nil {
		return nil, 0, err
	}
	sol, err = o.Predict(m.start)
	var f *integrators.Failure
	if errors.As(err, &f) && slices.Contains(ownReasons, f.Reason) {
		return sol, m.clock.seconds(f.T), nil
	}
	return sol, end, err
}

// ownReasons are those for which a solve fails by itself, not by who watches it.
var ownReasons = []error{
	integrators.ErrMaxSteps, integrators.ErrStepUnderflow, integrators.ErrNonFinite, integrators.ErrTimeResolution,
}
