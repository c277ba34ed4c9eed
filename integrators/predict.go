package integrators

import (
	stderrors "errors"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// Solution is the outcome of a solve.
type Solution struct {
	Stats
	// Z is the last state (batch, dim) or, with SaveAt, the states at those
	// times stacked, all of the first time first. It is the caller's. After a
	// failure, with Settings.Partial, it is the state at Failure.T or the states at
	// the save times up to it, nil if there are none.
	Z gorgonia.Value
	// Saved is the number of save times whose states are in Z.
	Saved int
	// Steps lists the attempted steps if Settings.Record is set.
	Steps []Step
}

// Predict solves from z0 (batch, dim) without a graph, in the memory of two
// steps whatever their number. The error is a *Failure if the solve does not
// reach its end, with Settings.Partial beside a solution, and of cause
// graph.ErrInUse during a solve by another goroutine.
func (o *equation) Predict(z0 gorgonia.Value) (sol *Solution, err error) {
	if err := o.claim(); err != nil {
		return nil, err
	}
	defer o.use.End()
	defer o.recovered(&err)
	s, err := o.solverFor(z0)
	if err != nil {
		return nil, o.failed(err)
	}
	r := s.newRun(z0, false)
	defer r.Release()
	var f *Failure
	err = r.solve()
	if err != nil && !(o.settings.Partial && stderrors.As(err, &f)) {
		return nil, o.failed(err)
	}
	switch z := s.result(); {
	case len(o.settings.SaveAt) == 0:
		graph.CopyRows(z, 0, r.z)
		o.last.Z = z
	case err == nil:
		o.last.Z = z
	case r.saves > 0:
		o.last.Z = graph.Rows(z, 0, r.saves*r.batch)
	}
	o.last.Saved, s.saved = r.saves, nil
	last := o.last
	if err != nil {
		return &last, o.failed(err)
	}
	return &last, nil
}

// result returns the memory of what Predict will return.
func (s *solver) result() gorgonia.Value {
	if s.saved == nil {
		s.saved = graph.NewValue(s.dtype, max(1, len(s.o.settings.SaveAt))*s.batch, s.dim)
	}
	return s.saved
}

// failed adds what was being solved to an error.
func (o *equation) failed(err error) error { return errors.Wrapf(err, "solve with %s", o.name()) }

// recovered turns a panic of the dynamics, or of an operation in them, into an
// error.
func (o *equation) recovered(err *error) {
	if r := recover(); r != nil {
		*err = errors.Errorf("solve with %s: %v", o.name(), r)
	}
}
