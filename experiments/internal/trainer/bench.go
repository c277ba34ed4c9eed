package trainer

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/integrators"
)

// benchLine is one line of -bench. Times are in seconds. The peak memory is of
// the program since its start, in MB of 2²⁰ bytes.
type benchLine struct {
	Iter int     `json:"iter"`
	NFE  int     `json:"nfe"`
	Loss float64 `json:"loss"`
	Regularization
	Graph     float64 `json:"graph_s"`
	Forward   float64 `json:"forward_s"`
	Backward  float64 `json:"backward_s"`
	Optimizer float64 `json:"optimizer_s"`
	Total     float64 `json:"total_s"` // time of the iteration, measured around it
	Predict   float64 `json:"predict_s"`
	PeakRSS   float64 `json:"peak_rss_mb"`
}

// bench measures iterations, and a prediction after each, of the first variant
// and seed. It writes no file.
func bench(ctx context.Context, e *Experiment, opt *options, stdout io.Writer) error {
	cfg := opt.config
	id := runID{cfg.Variants[0], cfg.Seeds[0]}
	model, err := e.New(cfg.For(id.variant), id.variant, id.seed)
	if err != nil {
		return errors.Wrap(err, id.String())
	}
	model.Watch(func(integrators.Step) error {
		if ctx.Err() != nil {
			return errInterrupted
		}
		return nil
	})
	batches, err := datasets.NewBatches(model.Examples(), cfg.TrainingBatch(id.variant), e.DropLast, id.seed)
	if err != nil {
		return errors.Wrap(err, id.String())
	}
	out := json.NewEncoder(stdout)
	perEpoch := batches.Len()
	var order [][]int
	for i := range opt.bench {
		if ctx.Err() != nil {
			return errInterrupted
		}
		epoch, k := i/perEpoch, i%perEpoch
		if k == 0 {
			order = batches.Epoch(epoch)
		}
		it := Iteration{Epoch: epoch + 1, Number: i + 1, Batch: order[k]}
		r, d, err := iterate(model, it)
		if err != nil && ctx.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			return &RunError{Variant: id.variant, Seed: id.seed, Epoch: it.Epoch, Iteration: it.Number, Err: err}
		}
		p, err := model.Predict()
		if err != nil && ctx.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			return &RunError{Variant: id.variant, Seed: id.seed, Epoch: it.Epoch, Iteration: it.Number, Err: errors.Wrap(err, "prediction")}
		}
		err = out.Encode(benchLine{
			Iter: i + 1, NFE: r.NFE, Loss: r.Loss, Regularization: r.Regularization,
			Graph: r.Graph.Seconds(), Forward: r.Forward.Seconds(), Backward: r.Backward.Seconds(),
			Optimizer: r.Optimizer.Seconds(), Total: d.Seconds(), Predict: p.Time.Seconds(), PeakRSS: peakMemory(),
		})
		if err != nil {
			return errors.Wrap(err, "cannot write to standard output")
		}
	}
	return nil
}

// iterate does one iteration and measures it. A result that is not finite is an
// error.
func iterate(m Model, it Iteration) (Result, time.Duration, error) {
	start := time.Now()
	r, err := m.Iterate(it)
	d := time.Since(start)
	if err == nil {
		err = r.check()
	}
	return r, d, err
}
