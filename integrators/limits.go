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
	if l.ctx != nil {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		if end, ok := l.ctx.Deadline(); ok && !time.Now().Before(end) {
			return context.DeadlineExceeded
		}
	}
	if l.counted && nfe > l.evaluations {
		return ErrMaxEvaluations
	}
	return nil
}
