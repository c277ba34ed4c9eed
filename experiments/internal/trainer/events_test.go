package trainer

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/regnde/regnde/experiments/internal/tensorboard/tensorboardtest"
)

// readEvents returns the events of a run without what depends on the clock.
func readEvents(t *testing.T, dir, run string) []tensorboardtest.Event {
	t.Helper()
	events := tensorboardtest.Run(t, filepath.Join(dir, eventsFolder, run))
	for i := range events {
		events[i].Time = 0
		delete(events[i].Scalars, "iteration/seconds")
		delete(events[i].Scalars, "epoch/train_seconds")
	}
	return events
}

// The events of a run are the lines of its log and the records of its epochs, with
// the steps of the predictions.
func TestEvents(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, &hooks{iterate: func(_ runID, it Iteration, r *Result) error {
		r.LearnRate, r.Lambda = 0.25, Regularization{RegError: 0.5 / float64(it.Epoch)}
		return nil
	}}, args(dir, "-tensorboard")...)
	for _, r := range readResults(t, dir).Runs {
		var iterations, epochs []tensorboardtest.Event
		for _, e := range readEvents(t, dir, runID{r.Variant, r.Seed}.fileName()) {
			if _, ok := e.Scalars["iteration/loss"]; ok {
				iterations = append(iterations, e)
			} else {
				epochs = append(epochs, e)
			}
		}
		if len(iterations) != 6 || len(epochs) != 2 {
			t.Fatalf("%s: %d iterations and %d epochs, expected 6 and 2", r.Variant, len(iterations), len(epochs))
		}
		for i, e := range iterations {
			epoch := r.Epochs[i/3]
			if e.Step != int64(i+1) || e.Scalars["iteration/learning_rate"] != 0.25 || e.Scalars["iteration/lambda_E"] != float32(0.5/float64(epoch.Epoch)) {
				t.Errorf("%s, iteration %d: %+v", r.Variant, i+1, e)
			}
			for _, tag := range []string{"NFE", "accepted", "rejected", "R_E", "R_S"} {
				if _, ok := e.Scalars["iteration/"+tag]; !ok {
					t.Errorf("%s, iteration %d: no %s in %v", r.Variant, i+1, tag, e.Scalars)
				}
			}
		}
		for i, e := range epochs {
			record, steps := r.Epochs[i], float64(r.Epochs[i].Accepted)
			want := map[string]float32{
				"epoch/train_loss": float32(record.TrainLoss), "epoch/test_loss": float32(record.TestLoss),
				"epoch/train_accuracy": float32(*record.TrainAccuracy), "epoch/test_accuracy": float32(*record.TestAccuracy),
				"epoch/NFE": float32(record.NFE), "epoch/accepted": float32(steps), "epoch/rejected": 0, "epoch/predict_seconds": 0.005,
			}
			if e.Step != int64(3*i+3) || !reflect.DeepEqual(e.Scalars, want) {
				t.Errorf("%s, epoch %d: step %d, %v, expected %d, %v", r.Variant, i+1, e.Step, e.Scalars, 3*i+3, want)
			}
			for tag, x := range map[string]float64{"h": 1 / steps, "E": 0.5, "S": 1} {
				if h := e.Histograms["prediction/"+tag]; h.Number != steps || h.Min != x || h.Max != x {
					t.Errorf("%s, epoch %d: histogram of %s %+v, expected %v times %v", r.Variant, i+1, tag, h, steps, x)
				}
			}
		}
	}
}

// Event files have nothing to do with the configuration: a run is resumed with or
// without them, and what they hold in the end is what one run has in one file.
func TestEventsOfResumedRun(t *testing.T) {
	whole := t.TempDir()
	mustRun(t, nil, args(whole, "-tensorboard")...)
	want := readEvents(t, whole, "steer-seed1")

	for _, n := range []int{1, 3, 7} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		runToy(ctx, after(n, cancel), args(dir, "-tensorboard")...)
		cancel()
		mustRun(t, nil, args(dir, "-tensorboard", "-resume")...)
		sameRuns(t, dir, whole)
		if got := readEvents(t, dir, "steer-seed1"); !reflect.DeepEqual(got, want) {
			t.Errorf("stopped after iteration %d: events\n%v, expected\n%v", n, got, want)
		}

		dir = t.TempDir()
		ctx, cancel = context.WithCancel(t.Context())
		runToy(ctx, after(n, cancel), args(dir)...)
		cancel()
		mustRun(t, nil, args(dir, "-tensorboard", "-resume")...)
		sameRuns(t, dir, whole)
		rest := slices.DeleteFunc(slices.Clone(want), func(e tensorboardtest.Event) bool {
			_, epoch := e.Scalars["epoch/NFE"]
			return e.Step < int64(n) || e.Step == int64(n) && !epoch
		})
		if got := readEvents(t, dir, "steer-seed1"); !reflect.DeepEqual(got, rest) && len(got)+len(rest) > 0 {
			t.Errorf("without events up to iteration %d: events\n%v, expected\n%v", n, got, rest)
		}
	}
}

// What was written after the last checkpoint of a program that was killed is not
// repeated.
func TestEventsAfterKill(t *testing.T) {
	dir, whole := t.TempDir(), t.TempDir()
	mustRun(t, nil, args(whole, "-tensorboard")...)
	ctx, cancel := context.WithCancel(t.Context())
	runToy(ctx, after(4, cancel), args(dir, "-tensorboard")...)
	cancel()
	path := filepath.Join(dir, "steer-seed1.ckpt")
	last, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	runToy(ctx, after(1, cancel), args(dir, "-tensorboard", "-resume")...) // one iteration more
	cancel()
	if err := os.WriteFile(path, last, 0o644); err != nil {
		t.Fatal(err)
	}
	mustRun(t, nil, args(dir, "-tensorboard", "-resume")...)
	if got, want := readEvents(t, dir, "steer-seed1"), readEvents(t, whole, "steer-seed1"); !reflect.DeepEqual(got, want) {
		t.Errorf("events\n%v, expected\n%v", got, want)
	}
}
