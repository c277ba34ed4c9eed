package trainer

import (
	"encoding/json"
	"time"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets"
)

// checkpointInterval is the longest time between checkpoints, up to an iteration
// or an evaluation.
const checkpointInterval = 30 * time.Second

// train trains a run to the end, or until the context is done: the error is
// errInterrupted then, within a step of a solver. If the model fails, the error is a *RunError.
func (s *session) train(r *run) error {
	model, batches, err := s.start(r)
	if err != nil {
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

// start makes the model of a run, on all ranks, and sets it to where the run begins.
func (s *session) start(r *run) (model Model, batches *datasets.Batches, err error) {
	var mine report
	model, batches, err = s.prepare(r)
	if err == nil {
		mine.State, err = s.modelFingerprint(model)
	}
	if err == nil {
		mine.Examples = model.Examples()
		err = s.begin(model)
	}
	all, err := s.meet(mine, endsSession(err))
	if err == nil {
		err = s.checkExamples(all)
	}
	return model, batches, err
}

// prepare makes the model of a run, and sets it to where the run begins.
func (s *session) prepare(r *run) (Model, *datasets.Batches, error) {
	model, err := s.model(r.runID)
	if err != nil {
		return nil, nil, err
	}
	batches, err := s.batches(r.runID, model.Examples())
	if err != nil {
		return nil, nil, err
	}
	if r.at.Iteration > batches.Len() {
		return nil, nil, errors.Wrapf(ErrCheckpoint, "%s: after iteration %d of an epoch of %d", r, r.at.Iteration, batches.Len())
	}
	if r.state != nil {
		if err := model.SetState(*r.state); err != nil {
			return nil, nil, errors.Wrapf(ErrCheckpoint, "%s: %v", r, err)
		}
		r.state = nil
	}
	return model, batches, nil
}

// iterations does what is left of an epoch's iterations.
func (s *session) iterations(r *run, model Model, order [][]int) error {
	saved := time.Now()
	for r.at.Iteration < len(order) {
		if time.Since(saved) >= checkpointInterval {
			if err := s.save(r, model); err != nil {
				return err
			}
			saved = time.Now()
		}
		it := Iteration{
			Epoch: r.at.Epoch, Number: r.at.Number + 1, Batch: order[r.at.Iteration],
		}
		result, d, err := s.iterate(model, it)
		if err != nil {
			return s.halt(r, model, it.Number, err)
		}
		r.at.add(result, len(it.Batch), d)
		if s.log != nil {
			if err := s.log.append(r.runID, it, result, d); err != nil {
				return err
			}
		}
		if err := r.events.iteration(it.Number, result, d); err != nil {
			return err
		}
		s.display.step(r.runID, it.Epoch, s.cfg.Epochs, result)
		s.view.step(it, result, s.display)
	}
	return nil
}

// endEpoch evaluates the model, records the epoch and moves on to the next.
func (s *session) endEpoch(r *run, model Model) error {
	var mine report
	m, err := s.evaluate(r, model)
	if err == nil {
		if mine.State, err = s.modelFingerprint(model); err != nil {
			err = endsSession(err)
		}
	}
	if _, err = s.meet(mine, err); err != nil {
		return s.halt(r, model, r.at.Number, err)
	}
	e := r.at.epoch(m, s.exp.Classes)
	r.epochs = append(r.epochs, e)
	r.at = position{Epoch: r.at.Epoch + 1, Number: r.at.Number}
	s.display.epoch(r.runID, e, s.cfg.Epochs)
	s.view.trace(r.runID, m.Steps)
	// The checkpoint says that the epoch is over, and so comes last.
	if err := s.export(r, model); err != nil {
		return err
	}
	if err := s.save(r, model); err != nil {
		return err
	}
	if err := r.events.epoch(r.at.Number, e, m.Steps); err != nil {
		return err
	}
	return s.publish()
}

// evaluate measures the model, on rank 0 alone: others wait for it.
func (s *session) evaluate(r *run, model Model) (m Metrics, err error) {
	if s.ctx.Err() != nil {
		return m, errInterrupted
	}
	if s.ranks.Rank() != 0 {
		return m, nil
	}
	if m, err = model.Evaluate(r.at.Epoch); s.stopped {
		return m, errInterrupted
	}
	if err == nil {
		err = m.check()
	}
	return m, errors.Wrap(err, "evaluation")
}

// halt ends a run in which something went wrong.
func (s *session) halt(r *run, model Model, iteration int, err error) error {
	switch endingOf(err) {
	case interrupted:
		return s.interrupt(r, model)
	case sessionEnds:
		return err
	}
	return r.failed(iteration, err)
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
	if s.folder == nil {
		return nil
	}
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
		Experiment: s.exp.Name, Config: s.fingerprint, Ranks: s.cfg.Ranks, Variant: r.variant, Seed: r.seed,
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
	p.Sums.add(r.Regularization, 1)
	if r.MeanNFE != 0 {
		p.Sums.NFE += float64(r.NFE)
		p.Sums.MeanNFE += r.MeanNFE
	}
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
	if p.Sums.MeanNFE != 0 {
		e.TrainNFE = &RanksNFE{Largest: p.Sums.NFE / n, Mean: p.Sums.MeanNFE / n}
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
