package integrators

import (
	stderrors "errors"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/profile"
	"github.com/regnde/regnde/graph/value"
)

// Solution is the outcome of a solve.
type Solution struct {
	Stats
	// Z is the last state (batch, dim) or, with SaveAt, the states at those
	// times stacked, all of the first time first. It is the caller's. After a
	// failure, with Settings.Partial, it is the state at Failure.T or the states at
	// the save times up to it, nil if there are none.
	Z gorgonia.Value
	// Saved is the number of save times that the solve came to, whose states are in Z.
	// Those past an event, which follow them, have the state at the event.
	Saved int
	// T is the time at which the solve ended: that of the event, the end of the time
	// span, or Failure.T.
	T float64
	// Event is the position in Settings.Events of the event that ended the solve, -1 if
	// none did.
	Event int
	// Steps lists the attempted steps if Settings.Record is set, with steps per row those
	// of each row after those of the row before. The last one goes past an event in it.
	Steps []Step
	// Switches lists the changes of method of a Switch, which begins with the explicit
	// one.
	Switches []Switched
	// Rows are the outcomes of the rows with steps of their own, nil if rows share
	// theirs. The counts of the solution are the largest of all rows then, Saved is the
	// smallest and T the earliest; after a failure, with Settings.Partial, what rows did not come to is
	// zero in Z.
	Rows []RowOutcome
	// RowEvaluations is the number of evaluations of single rows that were made for
	// Rows, of rows that only fill a frame as well.
	RowEvaluations int
}

// Predict solves from z0 (batch, dim), in a context if there is one (see Unroll), without
// a graph, in the memory of two
// steps whatever their number. The error is a *Failure if the solve does not
// reach its end, with Settings.Partial beside a solution, and of cause
// graph.ErrInUse during a solve by another goroutine.
func (s *Solver) Predict(z0 gorgonia.Value, context ...gorgonia.Value) (sol *Solution, err error) {
	if err := s.claim(); err != nil {
		return nil, err
	}
	defer s.use.End()
	if sol, err = s.predict(z0, context); err != nil {
		err = s.failed(err)
	}
	return sol, err
}

// predict is Predict of a solver that nobody else uses. Errors do not name it.
func (s *Solver) predict(z0 gorgonia.Value, context []gorgonia.Value) (sol *Solution, err error) {
	profile.Enter(profile.Solve)
	defer profile.Enter(profile.Outside)
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
	}()
	c, err := s.compiledFor(z0, context)
	if err != nil {
		return nil, err
	}
	if c.perRow() {
		return c.predictRows(z0, context)
	}
	r := c.newSolve(z0, context, false)
	defer r.Release()
	var f *Failure
	err = r.run()
	if err != nil && !(s.settings.Partial && stderrors.As(err, &f)) {
		return nil, err
	}
	switch z := c.result(); {
	case len(s.settings.SaveAt) == 0:
		value.CopyRows(z, 0, r.from.z)
		s.last.Z = z
	case err == nil:
		s.last.Z = z
	case r.saves > 0:
		s.last.Z = value.Rows(z, 0, r.saves*c.batch)
	}
	c.saved = nil
	last := s.last
	return &last, err
}

// result returns the memory of what Predict will return.
func (c *compiled) result() gorgonia.Value {
	if c.saved == nil {
		c.saved = value.New(c.dtype, c.solver.states()*c.batch, c.dim)
	}
	return c.saved
}
