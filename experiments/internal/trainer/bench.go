package trainer

import (
	"context"
	"encoding/json"
	"io"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/ranks"
)

// benchLine is one line of -bench. Times are in seconds. The peak memory is of
// the program since its start, in MB of 2²⁰ bytes. On several ranks times and memory
// are those of rank 0.
type benchLine struct {
	Iter int     `json:"iter"`
	NFE  int     `json:"nfe"`
	Loss float64 `json:"loss"`
	Regularization
	Graph     float64 `json:"graph_s"`
	Forward   float64 `json:"forward_s"`
	Backward  float64 `json:"backward_s"`
	Optimizer float64 `json:"optimizer_s"`
	MeanNFE   float64 `json:"nfe_mean,omitempty"`   // of several ranks
	Wait      float64 `json:"wait_s,omitempty"`     // time until the other ranks had come as far
	Exchange  float64 `json:"exchange_s,omitempty"` // time of adding up their gradients
	Total     float64 `json:"total_s"`              // time of the iteration, measured around it
	Predict   float64 `json:"predict_s"`
	PeakRSS   float64 `json:"peak_rss_mb"`
}

// bench measures iterations, and a prediction after each, of the first variant
// and seed. It writes no file.
func bench(ctx context.Context, e *Experiment, opt *options, group *ranks.Group, stdout io.Writer) error {
	s := newSession(ctx, e, opt.config, group)
	r := &run{runID: runID{s.cfg.Variants[0], s.cfg.Seeds[0]}}
	model, batches, err := s.start(r)
	if err != nil {
		return err
	}
	out := json.NewEncoder(stdout)
	var order [][]int
	for i := range opt.bench {
		k := i % batches.Len()
		if k == 0 {
			order = batches.Epoch(r.at.Epoch)
			r.at.Epoch++
		}
		result, d, err := s.iterate(model, Iteration{Epoch: r.at.Epoch, Number: i + 1, Batch: order[k]})
		var p Prediction
		if err == nil {
			p, err = s.predict(model)
		}
		switch {
		case err != nil && endingOf(err) == runFails:
			return r.failed(i+1, err)
		case err != nil:
			return err
		}
		err = out.Encode(benchLine{
			Iter: i + 1, NFE: result.NFE, Loss: result.Loss, Regularization: result.Regularization,
			Graph: result.Graph.Seconds(), Forward: result.Forward.Seconds(), Backward: result.Backward.Seconds(),
			Optimizer: result.Optimizer.Seconds(), MeanNFE: result.MeanNFE, Wait: result.Wait.Seconds(), Exchange: result.Exchange.Seconds(), Total: d.Seconds(), Predict: p.Time.Seconds(), PeakRSS: peakMemory(),
		})
		if err != nil {
			return errors.Wrap(err, "cannot write to standard output")
		}
	}
	return nil
}

// predict predicts on rank 0, for which the others wait.
func (s *session) predict(m Model) (p Prediction, err error) {
	if s.ranks.Rank() == 0 {
		if p, err = m.Predict(); s.stopped {
			err = errInterrupted
		} else {
			err = errors.Wrap(err, "prediction")
		}
	}
	_, err = s.meet(report{}, err)
	return p, err
}
