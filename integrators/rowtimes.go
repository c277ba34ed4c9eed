package integrators

import (
	"slices"

	"github.com/pkg/errors"
)

// rowTimes are the time span and the save times of a row with steps of its own.
type rowTimes struct {
	t0, t1 float64
	saveAt []float64
}

// SetRowTimes gives every row a time span and save times of its own, for solves with
// steps per row to come, whose batches must have as many rows. All rows have as many
// save times as the settings, in the order of integration within their spans: a series
// that is shorter is padded by repeating its last time. nil save times are those of
// the settings, for all rows. The spans of rows may have no length. SetSpan, SetSaveAt
// and SetTimes give all rows the same times again. On an error nothing is changed; its
// cause is graph.ErrInUse during a solve by another goroutine.
func (s *Solver) SetRowTimes(t0, t1 []float64, saveAt [][]float64) error {
	if err := s.claim(); err != nil {
		return err
	}
	defer s.use.End()
	switch {
	case s.settings.Steps != PerRow:
		return errors.New("times for each row with shared steps, expected steps per row")
	case len(t0) == 0 || len(t1) != len(t0):
		return errors.Errorf("%d starts and %d ends of time spans, expected one of each for every row", len(t0), len(t1))
	case saveAt != nil && len(saveAt) != len(t0):
		return errors.Errorf("save times for %d rows, expected them for %d", len(saveAt), len(t0))
	}
	rows := make([]rowTimes, len(t0))
	for b := range rows {
		p := &rows[b]
		*p = rowTimes{t0: t0[b], t1: t1[b], saveAt: s.settings.SaveAt}
		if saveAt != nil {
			p.saveAt = saveAt[b]
		}
		if len(p.saveAt) != len(s.settings.SaveAt) {
			return errors.Errorf("row %d: %d save times, expected %d as in the settings", b, len(p.saveAt), len(s.settings.SaveAt))
		}
		if err := s.settings.checkTimes(p.t0, p.t1, p.saveAt); err != nil {
			return errors.Wrapf(err, "row %d", b)
		}
		if s.traits.stochastic && p.t1 < p.t0 {
			return errors.Errorf("row %d: time span [%v, %v] of a stochastic equation, expected one that runs forwards", b, p.t0, p.t1)
		}
		p.saveAt = slices.Clone(p.saveAt)
	}
	s.times.Lock()
	defer s.times.Unlock()
	s.rowTimes = rows
	return nil
}
