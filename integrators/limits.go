package integrators

import (
	"context"
	"time"
)

// limits end a solve before its end. The zero value does not.
type limits struct {
	ctx         context.Context // nil if there is none
	evaluations int             // evaluations that may be made, if they are counted
	counted     bool
}

// check returns the reason to end a solve that is about to have made nfe evaluations,
// nil if there is none. The timer of a context can be late where all processors
// compute, so that the time is looked at as well.
func (l *limits) check(nfe int) error {
	if err := l.expired(); err != nil {
		return err
	}
	return l.spent(nfe)
}

// expired returns why the context of the solve is done, nil if it is not.
func (l *limits) expired() error {
	if l.ctx == nil {
		return nil
	}
	if err := l.ctx.Err(); err != nil {
		return err
	}
	if end, ok := l.ctx.Deadline(); ok && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return nil
}

// spent returns ErrMaxEvaluations if nfe evaluations are too many.
func (l *limits) spent(nfe int) error {
	if l.counted && nfe > l.evaluations {
		return ErrMaxEvaluations
	}
	return nil
}
