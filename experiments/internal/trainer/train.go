package trainer

import (
	"encoding/json"
	"time"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/graph/atomicfile"
)

// checkpointInterval is the longest time between checkpoints, up to an iteration
// or an evaluation.
const checkpointInterval = 30 * time.Second

// train trains a run to the end, or until the context is done: the error is
// errInterrupted then, within a step of a solver. If the model fails, the error is a *RunError.
func (s *session) train(r *run) error {
	model, err := s.model(r.runID)
	if err != nil {
		return err
	}
	batches, err := s.batches(r.runID, model.Examples())
	if err != nil {
		return err
	}
	if r.at.Iteration > batches.Len() {
		return errors.Wrapf(ErrCheckpoint, "%s: after iteration %d of an epoch of %d", r, r.at.Iteration, batches.Len())
	}
	if r.state != nil {
		if err := model.SetState(*r.state); err != nil {
			return errors.Wrapf(ErrCheckpoint, "%s: %v", r, err)
		}
		r.state = nil
	}
	if err := s.begin(model); err != nil {
		return err
	}
	if r.events, err = s.openEvents(r); err != nil {
		return err
	}
	s.view.start(r)
	err = s.epochs(r, model, batches)
	if cerr := r.events.close(); err == nil {
		err = cerr
	}
	return err
}

// epochs does what is left of all epochs.
func (s *session) epochs(r *run, model Model, batches *datasets.Batches) error {
	for r.at.Epoch <= s.cfg.Epochs {
		if err := s.iterations(r, model, batches.Epoch(r.at.Epoch-1)); err != nil {
			return err
		}
		if err := s.endEpoch(r, model); err != nil {
			return err
		}
	}
	return nil
}

// iterations does what is left of an epoch's iterations.
func (s *session) iterations(r *run, model Model, order [][]int) error {
	saved := time.Now()
	for r.at.Iteration < len(order) {
		switch {
		case s.ctx.Err() != nil:
			return s.interrupt(r, model)
		case time.Since(saved) >= checkpointInterval:
			if err := s.save(r, model); err != nil {
				return err
			}
			saved = time.Now()
		}
		it := Iteration{
			Epoch: r.at.Epoch, Number: r.at.Number + 1, Batch: order[r.at.Iteration],
		}
		result, d, err := iterate(model, it)
		if s.stopped {
			return s.interrupt(r, model)
		}
		if err != nil {
			return r.failed(it.Number, err)
		}
		r.at.add(result, len(it.Batch), d)
		if err := s.log.append(r.runID, it, result, d); err != nil {
			return err
		}
		if err := r.events.iteration(it.Number, result, d); err != nil {
			return err
		}
		s.display.step(r.runID, it.Epoch, s.cfg.Epochs, result)
		s.view.step(it, result, s.display)
	}
	if s.ctx.Err() != nil {
		return s.interrupt(r, model)
	}
	return nil
}

// endEpoch evaluates the model, records the epoch and moves on to the next.
func (s *session) endEpoch(r *run, model Model) error {
	m, err := model.Evaluate(r.at.Epoch)
	if s.stopped {
		return s.interrupt(r, model)
	}
	if err == nil {
		err = m.check()
	}
	if err != nil {
		return r.failed(r.at.Number, errors.Wrap(err, "evaluation"))
	}
	e := r.at.epoch(m, s.exp.Classes)
	r.epochs = append(r.epochs, e)
	r.at = position{Epoch: r.at.Epoch + 1, Number: r.at.Number}
	s.display.epoch(r.runID, e, s.cfg.Epochs)
	s.view.trace(r.runID, m.Steps)
	if err := s.save(r, model); err != nil {
		return err
	}
	if err := atomicfile.Write(exportPath(s.dir, r.runID), model.Export); err != nil {
		return err
	}
	r.exported = true
	if err := r.events.epoch(r.at.Number, e, m.Steps); err != nil {
		return err
	}
	return s.publish()
}

// interrupt saves a run that is to be resumed.
func (s *session) interrupt(r *run, model Model) error {
	if err := s.save(r, model); err != nil {
		return err
	}
	return errInterrupted
}

// save writes the run's checkpoint. The log and the event file go first, so that they
// have all the iterations that the checkpoint has.
func (s *session) save(r *run, model Model) error {
	if err := s.intact(); err != nil {
		return err
	}
	if err := r.events.flush(); err != nil {
		return err
	}
	state, err := model.State()
	if err != nil {
		return errors.Wrapf(err, "%s: cannot save the model", r)
	}
	records, err := json.Marshal(r.epochs)
	if err != nil {
		return errors.Wrapf(err, "%s: cannot save the records", r)
	}
	c := checkpoint{
		Experiment: s.exp.Name, Config: s.fingerprint, Variant: r.variant, Seed: r.seed,
		Position: r.at, Epochs: records, Model: state,
	}
	return c.write(checkpointPath(s.dir, r.runID))
}

func (r *run) failed(iteration int, err error) error {
	return &RunError{Variant: r.variant, Seed: r.seed, Epoch: r.at.Epoch, Iteration: iteration, Err: err}
}

// add counts an iteration on a batch of so many examples.
func (p *position) add(r Result, examples int, d time.Duration) {
	p.Iteration++
	p.Number++
	p.Sums.Loss += r.Loss * float64(examples)
	p.Sums.Examples += examples
	p.Sums.Correct += r.Correct
	p.Sums.add(r.Regularization)
	p.Sums.Seconds += d.Seconds()
}

// epoch is the record of an epoch whose iterations are done.
func (p *position) epoch(m Metrics, classes bool) Epoch {
	n := float64(p.Iteration)
	e := Epoch{
		Epoch:     p.Epoch,
		TrainLoss: p.Sums.Loss / float64(p.Sums.Examples), TestLoss: m.TestLoss,
		NFE: m.NFE, DiffusionNFE: m.DiffusionNFE, Accepted: m.Accepted, Rejected: m.Rejected,
		Regularization: p.Sums.over(n),
		Iterations:     p.Iteration, TrainSeconds: p.Sums.Seconds, PredictSeconds: m.Time.Seconds(),
		PredictMin: m.Fastest.Seconds(), PredictMax: m.Slowest.Seconds(),
		Measurements: m.Measurements,
	}
	if m.TrainLoss != nil {
		e.TrainLoss = *m.TrainLoss
	}
	if classes {
		train := 100 * float64(p.Sums.Correct) / float64(p.Sums.Examples)
		if m.TrainAccuracy != nil {
			train = *m.TrainAccuracy
		}
		test := m.TestAccuracy
		e.TrainAccuracy, e.TestAccuracy = &train, &test
	}
	return e
}
