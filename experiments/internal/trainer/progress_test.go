package trainer

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestBarAndLines(t *testing.T) {
	var out bytes.Buffer
	d := &display{w: &out, withBar: true}
	id := runID{"ernode", 3}
	d.begin(4)
	d.step(id, 2, 10, Result{Loss: 0.12345, NFE: 177})
	d.epoch(id, Epoch{Epoch: 2, TrainLoss: 0.5, TestLoss: 0.25, NFE: 69, Regularization: Regularization{RegError: 0.1, RegStiff: 3}, TrainSeconds: 1.5}, 10)
	d.end()
	for _, text := range []string{
		"ernode, seed 3, epoch 2/10, loss 0.1235, NFE 177",
		"ernode, seed 3, epoch 2/10: loss 0.5 (test 0.25), NFE 69, R_E 0.1, R_S 3, 1.5 s\n",
	} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("display lacks %q: %q", text, out.String())
		}
	}
}

// The bar is of all runs, and counts the steps of a solver between iterations.
func TestBarOfAllRuns(t *testing.T) {
	d := &display{w: new(bytes.Buffer), withBar: true}
	d.begin(10)
	shows := func(description string, done, all int64) {
		t.Helper()
		if s := d.bar.State(); s.Description != description || s.CurrentNum != done || s.Max != all {
			t.Errorf("%q, %d of %d, expected %q, %d of %d", s.Description, s.CurrentNum, s.Max, description, done, all)
		}
	}
	attempt := func() {
		d.shown = time.Time{} // long ago
		d.attempt()
	}
	attempt()
	attempt()
	shows("step 2", 0, 10)
	d.step(runID{"vanilla", 1}, 1, 2, Result{Loss: 1, NFE: 9})
	shows("vanilla, seed 1, epoch 1/2, loss 1, NFE 9", 1, 10)
	d.attempt() // at once, so that it is not shown
	d.attempt()
	attempt()
	shows("vanilla, seed 1, epoch 1/2, loss 1, NFE 9, step 3", 1, 10)
	d.skip(4) // of a run that has failed
	d.step(runID{"ernode", 1}, 1, 2, Result{Loss: 2, NFE: 7})
	shows("ernode, seed 1, epoch 1/2, loss 2, NFE 7", 2, 6)
	d.end()
	d.attempt()
}

// What is no terminal gets a line for each epoch and nothing else.
func TestNoBarOutsideTerminals(t *testing.T) {
	var out bytes.Buffer
	d := newDisplay(&out, false)
	id := runID{"ernode", 3}
	d.begin(4)
	d.step(id, 2, 10, Result{})
	d.end()
	if out.Len() > 0 {
		t.Errorf("display shows %q", out.String())
	}
	zero, all := 0.0, 100.0
	d.epoch(id, Epoch{Epoch: 2, TrainAccuracy: &zero, TestAccuracy: &all}, 10)
	if want := "accuracy 0.00 % (test 100.00 %)"; strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), want) {
		t.Errorf("display shows %q, expected one line with %q", out.String(), want)
	}
}

// TestTimeOfAnEpoch: an epoch of milliseconds took some time, too.
func TestTimeOfAnEpoch(t *testing.T) {
	for seconds, want := range map[float64]string{0: ", 0 s\n", 0.0123: ", 0.012 s (813 iterations/s)\n", 3.24: ", 3.2 s (3.1 iterations/s)\n", 145.4: ", 145 s (0.069 iterations/s)\n"} {
		var out bytes.Buffer
		newDisplay(&out, true).epoch(runID{"ernode", 3}, Epoch{Epoch: 1, Iterations: 10, TrainSeconds: seconds}, 1)
		if !strings.HasSuffix(out.String(), want) {
			t.Errorf("display shows %q, expected it to end with %q", out.String(), want)
		}
	}
}
