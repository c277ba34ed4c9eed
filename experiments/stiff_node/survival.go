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
	nfe, reach, err := m.solveWith(integrators.Tsit5)
	if err != nil {
		return nil, err
	}
	switched, _, err := m.solveWith(integrators.AutoTsit5(integrators.Rodas5P))
	return []trainer.Measurement{
		{Name: "NFE of tsit5", Value: float64(nfe)},
		{Name: "reach of tsit5 (s)", Value: reach},
		{Name: "NFE of the switch", Value: float64(switched)},
	}, err
}

// solveWith returns the evaluations of a solve by a method and the time in seconds
// up to which it comes before it fails or has made so many attempts.
func (m *reaction) solveWith(method integrators.Method) (nfe int, reach float64, err error) {
	sol, err := m.steps(method)
	var f *integrators.Failure
	switch {
	case err == nil:
		return sol.NFE, end, nil
	case errors.As(err, &f) && slices.Contains(ownReasons, f.Reason):
		return f.Stats.NFE, m.clock.seconds(f.T), nil
	}
	return 0, 0, err
}

// ownReasons are those for which a solve fails by itself, not by who watches it.
var ownReasons = []error{
	integrators.ErrMaxSteps, integrators.ErrStepUnderflow, integrators.ErrNonFinite, integrators.ErrTimeResolution,
}

// steps solves by a method, with its steps recorded.
func (m *reaction) steps(method integrators.Method) (*integrators.Solution, error) {
	set := m.SolverSettings()
	set.MinStep, set.MaxSteps = minStep, int(m.Config.Params[explicitAttempts])
	equation := integrators.Equation{Drift: m.dynamics.Forward, Params: m.Params, T0: m.clock.start, T1: m.clock.end()}
	o, err := integrators.NewSolver(equation, method, set)
	if err != nil {
		return nil, err
	}
	return o.Predict(m.start)
}
