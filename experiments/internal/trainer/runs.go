package trainer

import (
	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/integrators"
)

// addRuns sets the runs to their start.
func (s *session) addRuns() {
	for _, seed := range s.cfg.Seeds {
		for _, v := range s.cfg.Variants {
			s.runs = append(s.runs, &run{runID: runID{v, seed}, at: position{Epoch: 1}, epochs: []Epoch{}})
		}
	}
}

// resume sets the runs to their checkpoints.
func (s *session) resume() error {
	resumed := false
	for _, r := range s.runs {
		path := checkpointPath(s.dir, r.runID)
		c, err := readCheckpoint(path)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if r.epochs, err = c.epochs(s.exp.Name, s.cfg, s.fingerprint, r.runID); err != nil {
			return errors.Wrap(err, path)
		}
		r.at, r.state = c.Position, &c.Model
		resumed = true
	}
	if !resumed {
		s.display.printf("no checkpoint in %s, starting at the beginning", s.dir)
	}
	return nil
}

// trainAll trains all runs, and ends on all ranks if it ends on one.
func (s *session) trainAll() error {
	err := s.runAll()
	if s.ended || s.ranks.Size() == 1 {
		return err
	}
	_, err = s.meet(report{}, endsSession(err))
	return err
}

// runAll trains one run after the other. A run that fails does not keep the
// others from running. Other errors, of files or of a model that cannot be made,
// end the session.
func (s *session) runAll() error {
	for i, r := range s.runs {
		if r.at.Epoch > s.cfg.Epochs {
			continue
		}
		err := s.train(r)
		var failure *RunError
		switch {
		case errors.As(err, &failure):
			r.failure = failure
			s.display.skip(s.left(r))
			s.display.printf("%s: %s", s.exp.Name, Clip(failure.Error(), MaxMessage))
		case err == errInterrupted:
			if err := s.publish(); err != nil {
				return err
			}
			if s.ranks.Lost() { // there may be no time for more
				return err
			}
			if err := s.figures(false); err != nil { // the fit solves
				return err
			}
			return errInterrupted
		case err != nil:
			return err
		}
		if err := s.publish(); err != nil {
			return err
		}
		if i == len(s.runs)-1 {
			break // the caller draws
		}
		if err := s.figures(false); err != nil {
			return err
		}
	}
	return nil
}

// left returns the number of iterations that a run has yet to do.
func (s *session) left(r *run) int {
	if r.at.Epoch > s.cfg.Epochs {
		return 0
	}
	b, err := s.batches(r.runID, s.examples)
	if err != nil { // which ends the session when the run is to begin
		return 0
	}
	return s.cfg.Epochs*b.Len() - r.at.Number
}

// batches deals the examples of a run out.
func (s *session) batches(id runID, examples int) (*datasets.Batches, error) {
	b, err := datasets.NewBatches(examples, s.cfg.TrainingBatch(id.variant), s.exp.DropLast, id.seed)
	return b, errors.Wrap(err, id.String())
}

// model makes the model of a run. Its solves end when the context is done, and are
// counted on display.
func (s *session) model(id runID) (Model, error) {
	m, err := s.exp.New(s.cfg.For(id.variant), id.variant, id.seed)
	if err != nil {
		return nil, errors.Wrap(err, id.String())
	}
	m.Watch(func(integrators.Step) error {
		if s.ctx.Err() != nil {
			s.stopped = true
			return errInterrupted
		}
		s.display.attempt()
		return nil
	})
	return m, nil
}
