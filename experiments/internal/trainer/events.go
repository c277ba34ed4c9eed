package trainer

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/regnde/regnde/experiments/internal/tensorboard"
	"github.com/regnde/regnde/integrators"
)

// eventsFolder holds the event files of -tensorboard, in a folder for each run.
const eventsFolder = "tensorboard"

// flushInterval is the time between two flushes of an event file, so that the tool
// sees an iteration not much later than it is done.
const flushInterval = 2 * time.Second

// events is the event file of a run, nil if none is asked for. The step of an event
// is the number of iterations done. What is of an iteration is under iteration/,
// what is of an epoch under epoch/, and the accepted steps of the prediction after
// an epoch are under prediction/, as histograms.
type events struct {
	w       *tensorboard.Writer
	flushed time.Time
}

// openEvents begins an event file for the iterations that a run has yet to do.
func (s *session) openEvents(r *run) (*events, error) {
	if !s.tensorboard {
		return nil, nil
	}
	w, err := tensorboard.Create(filepath.Join(s.dir, eventsFolder, r.fileName()), int64(r.at.Number+1))
	if err != nil {
		return nil, err
	}
	return &events{w: w}, nil
}

// iteration writes what an iteration found.
func (e *events) iteration(number int, r Result, d time.Duration) error {
	if e == nil {
		return nil
	}
	values := scalars("iteration/",
		quantity{"loss", r.Loss}, quantity{"NFE", float64(r.NFE)},
		quantity{"accepted", float64(r.Accepted)}, quantity{"rejected", float64(r.Rejected)},
		quantity{"seconds", d.Seconds()})
	if r.LearnRate != 0 {
		values = append(values, tensorboard.Scalar{Tag: "iteration/learning_rate", Value: r.LearnRate})
	}
	for _, reg := range Regularizers {
		if x := *reg.Value(&r.Regularization); x != 0 || reg.always() {
			values = append(values, tensorboard.Scalar{Tag: "iteration/" + reg.Symbol, Value: x})
		}
		if x := *reg.Value(&r.Lambda); x != 0 {
			values = append(values, tensorboard.Scalar{Tag: "iteration/lambda" + strings.TrimPrefix(reg.Symbol, "R"), Value: x})
		}
	}
	if err := e.w.Write(int64(number), values...); err != nil {
		return err
	}
	if now := time.Now(); now.Sub(e.flushed) >= flushInterval {
		e.flushed = now
		return e.w.Flush()
	}
	return nil
}

// epoch writes the record of an epoch after so many iterations, and the steps of the
// prediction.
func (e *events) epoch(number int, record Epoch, steps []integrators.Step) error {
	if e == nil {
		return nil
	}
	q := []quantity{
		{"train_loss", record.TrainLoss}, {"test_loss", record.TestLoss},
		{"NFE", float64(record.NFE)}, {"accepted", float64(record.Accepted)}, {"rejected", float64(record.Rejected)},
		{"train_seconds", record.TrainSeconds}, {"predict_seconds", record.PredictSeconds},
	}
	if record.TrainAccuracy != nil && record.TestAccuracy != nil {
		q = append(q, quantity{"train_accuracy", *record.TrainAccuracy}, quantity{"test_accuracy", *record.TestAccuracy})
	}
	for _, m := range record.Measurements {
		q = append(q, quantity{m.Name, m.Value})
	}
	values := append(scalars("epoch/", q...), histograms(steps)...)
	if err := e.w.Write(int64(number), values...); err != nil {
		return err
	}
	return e.w.Flush()
}

func (e *events) flush() error {
	if e == nil {
		return nil
	}
	return e.w.Flush()
}

func (e *events) close() error {
	if e == nil {
		return nil
	}
	return e.w.Close()
}

// scalars are quantities under tags in a group.
func scalars(group string, quantities ...quantity) []tensorboard.Value {
	var values []tensorboard.Value
	for _, q := range quantities {
		values = append(values, tensorboard.Scalar{Tag: group + q.name, Value: q.value})
	}
	return values
}

// histograms are those of what is known of the accepted steps, without estimates
// that the method does not make.
func histograms(steps []integrators.Step) []tensorboard.Value {
	var values []tensorboard.Value
	for _, q := range stepQuantities {
		h := tensorboard.Histogram{Tag: "prediction/" + q.symbol}
		any := false
		for _, s := range steps {
			if s.Accepted {
				x := q.value(s)
				h.Values = append(h.Values, x)
				any = any || x != 0
			}
		}
		if any {
			values = append(values, h)
		}
	}
	return values
}
