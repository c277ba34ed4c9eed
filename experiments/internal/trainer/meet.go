package trainer

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"fmt"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/ranks"
)

// report is what a rank tells the others where all of them meet: after its part of an
// iteration, after an evaluation, and at the beginning and the end of runs.
type report struct {
	Ended   ending
	Message string

	Examples int    // examples of the batch that the rank has trained on; at the beginning of a run, of its training set
	Result   Result // result of these, without regard to the others

	State [sha256.Size]byte // fingerprint of the model at the beginning of a run and after an epoch
}

// ending says what ends with a report. The gravest counts for all ranks.
type ending int

const (
	goesOn      ending = iota
	runFails           // this run; the next one begins
	interrupted        // the session, which can be resumed
	sessionEnds        // the session, as a file cannot be written or a model cannot be made
)

// sessionError is an error that ends the session on all ranks.
type sessionError struct{ error }

// endsSession marks an error as one that ends the session.
func endsSession(err error) error {
	if err == nil {
		return nil
	}
	return sessionError{err}
}

// Unwrap returns what went wrong.
func (e sessionError) Unwrap() error { return e.error }

// meet has the ranks tell each other how it went, and returns their reports. If it went
// wrong on one of them, the error is that on all: errInterrupted, or what the first one
// says. A session that has ended meets no more.
func (s *session) meet(mine report, err error) ([]report, error) {
	if s.ranks.Size() == 1 {
		return []report{mine}, err
	}
	if err != nil {
		mine.Ended, mine.Message = endingOf(err), Clip(err.Error(), MaxMessage)
	}
	all, err := s.gather(mine)
	if err != nil {
		return nil, s.lose(err)
	}
	gravest := 0
	for r := range all {
		if all[r].Ended > all[gravest].Ended {
			gravest = r
		}
	}
	s.ended = all[gravest].Ended > runFails
	text := fmt.Sprintf("rank %d: %s", gravest, all[gravest].Message)
	switch all[gravest].Ended {
	case runFails:
		return nil, errors.New(text)
	case interrupted:
		return nil, errInterrupted
	case sessionEnds:
		return nil, sessionError{errors.New(text)}
	}
	for r := range all {
		if all[r].State != mine.State {
			s.ended = true
			return nil, sessionError{errors.Errorf("rank %d has another model than rank %d, expected ranks of one program on processors of one kind", r, s.ranks.Rank())}
		}
	}
	return all, nil
}

// checkExamples ends the session if ranks have training sets of other sizes at the
// beginning of a run.
func (s *session) checkExamples(all []report) error {
	for r := range all {
		if got, want := all[r].Examples, all[0].Examples; got != want {
			s.ended = true
			return sessionError{errors.Errorf("rank %d has %d training examples, expected the %d of rank 0", r, got, want)}
		}
	}
	return nil
}

// endingOf returns what an error ends.
func endingOf(err error) ending {
	var session sessionError
	switch {
	case err == errInterrupted:
		return interrupted
	case errors.As(err, &session):
		return sessionEnds
	}
	return runFails
}

// gather returns the reports of all ranks.
func (s *session) gather(mine report) ([]report, error) {
	var record bytes.Buffer
	if err := gob.NewEncoder(&record).Encode(mine); err != nil {
		return nil, errors.Wrap(err, "report")
	}
	records, err := s.ranks.Gather(s.ctx, record.Bytes())
	if err != nil {
		return nil, err
	}
	all := make([]report, len(records))
	for r := range all {
		if err := gob.NewDecoder(bytes.NewReader(records[r])).Decode(&all[r]); err != nil {
			return nil, errors.Wrapf(err, "report of rank %d", r)
		}
	}
	return all, nil
}

// lose ends the session of ranks that cannot reach each other. What is trained so far
// can be saved, as the interrupt of a session on one rank does.
func (s *session) lose(err error) error {
	s.ended = true
	if errors.Is(err, ranks.ErrLost) {
		return errInterrupted
	}
	return sessionError{errors.Wrap(err, "ranks")}
}

// modelFingerprint returns that of the parameters, nothing for a rank that is alone.
func (s *session) modelFingerprint(m Model) (sum [sha256.Size]byte, err error) {
	if s.ranks.Size() == 1 {
		return sum, nil
	}
	state, err := m.State()
	if err != nil {
		return sum, errors.Wrap(err, "model")
	}
	return sha256.Sum256(state.Parameters), nil
}
