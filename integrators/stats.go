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
	// is evaluated once.
	NFE int
	// Accepted and Rejected count attempted steps.
	Accepted, Rejected int
	// MaxStiffness is the largest S_j of an accepted step, 0 if the method
	// estimates none.
	MaxStiffness float64
}

// Step records one attempted step.
type Step struct {
	T, H     float64 // the step goes from T to T + H
	E        float64 // scaled error, Eq. 5; at most 1 if accepted
	S        float64 // stiffness estimate, Eq. 8
	Accepted bool
}

// The ways in which a solve fails, to be tested with errors.Is.
var (
	ErrStepUnderflow = stderrors.New("step size underflow")
	ErrMaxSteps      = stderrors.New("too many steps")
	ErrNonFinite     = stderrors.New("state is not finite")
)

// Failure is the error of a solve that could not reach its end. It matches one
// of ErrStepUnderflow, ErrMaxSteps and ErrNonFinite.
type Failure struct {
	Reason  error
	T, H, E float64 // time reached, last step tried and its error
	Stats   Stats
}

// Error says how far the solve came.
func (f *Failure) Error() string {
	return fmt.Sprintf("%v at t = %g with h = %g, E = %g after %d evaluations (%d steps accepted, %d rejected)",
		f.Reason, f.T, f.H, f.E, f.Stats.NFE, f.Stats.Accepted, f.Stats.Rejected)
}

// Unwrap returns the reason.
func (f *Failure) Unwrap() error { return f.Reason }
