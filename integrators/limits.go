package integrators

import (
	"context"
	"time"
)

// limits end a solve before its end. The zero value does not.
type limits struct {
	ctx         context.Context // nil if there is none
	expired     error           // why the solve ends at once, nil if it does not
	evaluations int             // evaluations that may be made, if they are counted
	counted     bool
}

// check returns the reason to end a solve that is about to have made nfe evaluations,
// nil if there is none.
func (l *limits) check(nfe int) error {
	if now := l.now(); now.expired != nil {
		return now.expired
	}
	if l.counted && nfe > l.evaluations {
		return ErrMaxEvaluations
	}
	return nil
}

// now returns what the limits are at this moment, without a context. The timer of a
// context can be late where all processors compute, so that the time is looked at as
// well.
func (l limits) now() limits {
	if l.ctx == nil {
		return l
	}
	l.expired = l.ctx.Err()
	if end, ok := l.ctx.Deadline(); l.expired == nil && ok && !time.Now().Before(end) {
		l.expired = context.DeadlineExceeded
	}
	l.ctx = nil
	return l
}
