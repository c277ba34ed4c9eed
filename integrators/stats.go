package integrators

import (
	stderrors "errors"
	"fmt"
)

// Stats counts what a solve did.
type Stats struct {
	// NFE is the number of evaluations of the dynamics on the whole batch,
	// counted as the paper's code does: those of every attempted step, one for
	// the first stage if the method carries it from step to step, and two for
	// the choice of the first step, although the first of these is the same and
	// is evaluated once. With the choice of the first step, Tsit5 and DP5 make
	// 3 + 6 attempts, BS3 3 + 3 attempts, Heun–Euler 3 + 2 attempts.
	//
	// For an SDE it is the number of evaluations of the drift, with two for the
	// choice of the first step. Tables 3 and 4 of the paper report this number.
	NFE int
	// DiffusionNFE is the number of evaluations of the diffusion of an SDE, 0 for
	// an ODE.
	DiffusionNFE int
	// Accepted and Rejected count attempted steps.
	Accepted, Rejected int
	// Forced counts those of the accepted steps whose error was too large, with
	// Settings.ForceMinStep.
	Forced int
	// Stiff counts those of the accepted steps that the stiff method of a Switch took.
	Stiff int
	// MaxStiffness is the largest S_j of an accepted step, 0 if the method
	// estimates none.
	MaxStiffness float64
}

// Step records one attempted step.
type Step struct {
	Row      int     // the row that tried it, with PerRow steps; else 0
	T, H     float64 // the step goes from T to T + H
	E        float64 // scaled error, Eq. 5; at most 1 if accepted, NaN if the result was not finite
	S        float64 // stiffness estimate, Eq. 8
	Accepted bool
	Stiff    bool // by the stiff method of a Switch
}

// The ways in which a solve fails, to be tested with errors.Is.
var (
	ErrStepUnderflow = stderrors.New("step size underflow")
	ErrMaxSteps      = stderrors.New("too many steps")
	// ErrMaxEvaluations says that a call of a predictor made as many evaluations as
	// graph.CallSettings.MaxEvaluations allows.
	ErrMaxEvaluations = stderrors.New("too many evaluations of the dynamics")
	ErrMaxBytes       = stderrors.New("steps kept for the reverse pass take too much memory")
	ErrNonFinite      = stderrors.New("not finite")
	// ErrTimeResolution says that the dynamics depend on time and that the times
	// that they see, in the element type of the state, are too coarse for the
	// steps: see Settings.TimeOrigin.
	ErrTimeResolution = stderrors.New("times are too coarse for the steps: set TimeOrigin near the time span, or solve in float64")
	// ErrNoEvent says that the solve came to the end of its time span without an event,
	// which Settings.RequireEvent asks for.
	ErrNoEvent = stderrors.New("no event")
)

// Failure is the error of a solve that did not reach its end. It matches one of
// ErrStepUnderflow, ErrMaxSteps, ErrMaxEvaluations, ErrMaxBytes, ErrNonFinite,
// ErrTimeResolution and ErrNoEvent, the error of the context of a predictor's call,
// context.Canceled or context.DeadlineExceeded, or the error of Settings.Observe.
//
// A step size underflow of dynamics that are learnt says that they have become
// stiff, or that the optimizer diverges: regularize, lower the learning rate,
// or loosen the tolerance or MinStep. Too much memory asks for a tolerance that the
// element type can meet, for Memory Checkpoint or for a larger MaxBytes.
type Failure struct {
	Reason error   // one of the errors above, that of a context or of Settings.Observe
	What   string  // more about the reason: what is not finite, or the limit that is passed
	T      float64 // the time reached
	H      float64 // the step to be tried next
	E      float64 // scaled error of the last attempt, NaN if its result was not finite
	Norm   float64 // root mean square of the state at T
	Stats  Stats   // what the solve had done by then
	// Stray is the stage outside of the time span that made the result of the last
	// attempt not finite, nil if there is none.
	Stray *StrayStage
}

// Error says how far the solve came.
func (f *Failure) Error() string {
	what := ""
	if f.What != "" {
		what = ": " + f.What
	}
	s := fmt.Sprintf("%v%s at t = %g with h = %g, E = %g, |z| = %g after %d evaluations (%d steps accepted, %d rejected)",
		f.Reason, what, f.T, f.H, f.E, f.Norm, f.Stats.NFE, f.Stats.Accepted, f.Stats.Rejected)
	if f.Stray != nil {
		s += ": " + f.Stray.String()
	}
	return s
}

// Unwrap returns the reason.
func (f *Failure) Unwrap() error { return f.Reason }
