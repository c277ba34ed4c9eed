package trainer

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/pkg/errors"
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
	s := &session{exp: e, cfg: opt.config, display: newDisplay(io.Discard, true), ctx: ctx}
	r := &run{runID: runID{s.cfg.Variants[0], s.cfg.Seeds[0]}}
	model, err := s.model(r.runID)
	if err != nil {
		return err
	}
	batches, err := s.batches(r.runID, model.Examples())
	if err != nil {
		return err
	}
	out := json.NewEncoder(stdout)
	var order [][]int
	for i := range opt.bench {
		if ctx.Err() != nil {
			return errInterrupted
		}
		k := i % batches.Len()
		if k == 0 {
			order = batches.Epoch(r.at.Epoch)
			r.at.Epoch++
		}
		result, d, err := iterate(model, Iteration{Epoch: r.at.Epoch, Number: i + 1, Batch: order[k]})
		var p Prediction
		if err == nil {
			p, err = model.Predict()
			err = errors.Wrap(err, "prediction")
		}
		switch {
		case s.stopped:
			return errInterrupted
		case err != nil:
			return r.failed(i+1, err)
		}
		err = out.Encode(benchLine{
			Iter: i + 1, NFE: result.NFE, Loss: result.Loss, Regularization: result.Regularization,
			Graph: result.Graph.Seconds(), Forward: result.Forward.Seconds(), Backward: result.Backward.Seconds(),
			Optimizer: result.Optimizer.Seconds(), Total: d.Seconds(), Predict: p.Time.Seconds(), PeakRSS: peakMemory(),
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
