package trainer

import (
	"fmt"
	"time"

	"github.com/pkg/errors"
)

// iterate does one iteration, of which every rank has a shard of the batch, and
// measures it. A result that is not finite is an error. On errInterrupted the model is
// as it was.
func (s *session) iterate(m Model, it Iteration) (Result, time.Duration, error) {
	start := time.Now()
	r, err := s.forwardAndBack(m, it)
	if err == nil {
		update := time.Now()
		err = m.Update()
		r.Optimizer = time.Since(update)
	}
	return r, time.Since(start), err
}

// forwardAndBack finds the gradient of a batch, to which every rank adds that of its
// shard.
func (s *session) forwardAndBack(m Model, it Iteration) (Result, error) {
	if s.ctx.Err() != nil {
		return s.share(m, report{}, errInterrupted)
	}
	it.Batch, it.First = shard(it.Batch, s.ranks.Rank(), s.ranks.Size())
	if len(it.Batch) == 0 {
		return s.share(m, report{}, nil)
	}
	r, err := m.Iterate(it)
	switch {
	case s.stopped:
		err = errInterrupted
	case err == nil:
		err = r.check()
	}
	return s.share(m, report{Examples: len(it.Batch), Result: r}, err)
}

// shard returns the part of a batch that a rank works on, and its first row: as many
// examples as those of others, or one more or fewer.
func shard(batch []int, rank, size int) (part []int, first int) {
	first = rank * len(batch) / size
	return batch[first : (rank+1)*len(batch)/size], first
}

// share makes the results of shards those of the batch, and the gradient with them.
func (s *session) share(m Model, mine report, err error) (Result, error) {
	if s.ranks.Size() == 1 {
		return mine.Result, err
	}
	var gradient any
	if err == nil {
		gradient, err = m.Gradient()
	}
	start := time.Now()
	all, err := s.meet(mine, err)
	if err != nil {
		return mine.Result, err
	}
	r, weights := wholeBatch(all)
	r.Graph, r.Forward, r.Backward = mine.Result.Graph, mine.Result.Forward, mine.Result.Backward
	r.Wait = time.Since(start)
	start = time.Now()
	err = s.ranks.Sum(s.ctx, weights, gradient)
	r.Exchange = time.Since(start)
	if err != nil {
		err = s.lose(err)
	}
	return r, err
}

// wholeBatch returns the result of a batch from those of its shards, and the weights of
// these: their parts of the examples.
func wholeBatch(shards []report) (Result, []float64) {
	examples, busy := 0, 0
	for _, x := range shards {
		if examples += x.Examples; x.Examples > 0 {
			busy++
		}
	}
	var r Result
	weights := make([]float64, len(shards))
	for i, x := range shards {
		if x.Examples == 0 {
			continue // more ranks than examples
		}
		w := float64(x.Examples) / float64(examples)
		weights[i] = w
		r.Loss += w * x.Result.Loss
		r.Correct += x.Result.Correct
		r.Regularization.add(x.Result.Regularization, w)
		r.MeanNFE += float64(x.Result.NFE) / float64(busy)
		if x.Result.NFE > r.NFE {
			r.NFE, r.Accepted, r.Rejected = x.Result.NFE, x.Result.Accepted, x.Result.Rejected
		}
	}
	return r, weights
}

// otherRanks says that a training on so many ranks, 0 for one, cannot go on on another
// number of them.
func otherRanks(there, now int) string {
	if there == 0 {
		return fmt.Sprintf("in one process, expected one on %d ranks as now: the program without mpirun goes on with it", now)
	}
	return fmt.Sprintf("on %d ranks, expected one on %d as now: mpirun -n %d goes on with it", there, max(now, 1), there)
}

// checkRanks returns an error if the experiment cannot be trained on so many ranks.
func (e *Experiment) checkRanks(cfg Config) error {
	if cfg.Ranks == 0 {
		return nil
	}
	if e.Indivisible != "" {
		return errors.Errorf("%d ranks, expected one: a batch of %s cannot be split among them, as %s", cfg.Ranks, e.Name, e.Indivisible)
	}
	for _, v := range cfg.Variants {
		if n := cfg.TrainingBatch(v); n < cfg.Ranks {
			return errors.Errorf("%d ranks, expected at most %d, the examples in a batch of %s", cfg.Ranks, n, v)
		}
	}
	return nil
}
