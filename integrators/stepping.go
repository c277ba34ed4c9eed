package integrators

import "github.com/pkg/errors"

// Stepping says whose steps the rows of a batch take.
type Stepping uint8

const (
	// Shared steps are those of the whole batch: one size for all rows, chosen by an
	// error norm over all of them.
	Shared Stepping = iota
	// PerRow gives every row steps of its own: time, step size, error, acceptance, state
	// of the control and regularizers are those of the row, bit for bit those of the row
	// in a batch of one. Rows that are far along wait for no other, and those that have
	// ended cost nothing. Dynamics see the time as a column (batch, 1).
	PerRow
)

// String returns "shared" or "per row".
func (s Stepping) String() string {
	if s == PerRow {
		return "per row"
	}
	return "shared"
}

// checkPerRow fails unless a method with these settings can give rows steps of their own.
func (s *Settings) checkPerRow(m Method) error {
	_, switches := m.(*Switch)
	switch {
	case s.Steps > PerRow:
		return errors.Errorf("steps of kind %d, expected Shared or PerRow", s.Steps)
	case s.Steps == Shared:
		return nil
	case switches:
		return lacking("a method that switches")
	case s.Mode == Inline:
		return lacking("inline steps")
	case len(s.Events) > 0:
		return lacking("events")
	case len(s.StopAt) > 0:
		return lacking("stop times")
	}
	return nil
}

// lacking is the error of what steps per row do not have.
func lacking(what string) error {
	return errors.Errorf("steps per row with %s, expected shared steps", what)
}
