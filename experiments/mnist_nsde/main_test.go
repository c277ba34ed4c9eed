package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// run runs the experiment on a few images.
func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return runContext(context.Background(), args...)
}

func runContext(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	small := []string{"-quiet", "-epochs", "2", "-limit", "60", "-batch", "25", "-tol", "1"}
	status = trainer.RunExperiment(ctx, experiment, append(small, args...), &out, &err)
	return status, out.String(), err.String()
}

// train runs the experiment to the end and returns what it wrote.
func train(t *testing.T, args ...string) trainer.Results {
	t.Helper()
	dir := t.TempDir()
	status, _, stderr := run(t, append(args, "-out", dir)...)
	if status != 0 {
		t.Fatalf("%v: exit status %d: %s", args, status, stderr)
	}
	return results(t, dir)
}

func results(t *testing.T, dir string) trainer.Results {
	t.Helper()
	r, err := trainer.ReadResults(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	return r.WithoutTimes()
}

func TestEveryVariantTrains(t *testing.T) {
	r := train(t, "-variants", "vanilla,srnsde,ernsde,srnsde+ernsde")
	if n := len(r.Runs); n != 4 {
		t.Fatalf("%d runs, expected 4", n)
	}
	losses := map[float64]trainer.Variant{}
	for _, v := range r.Runs {
		for _, e := range v.Epochs {
			if e.NFE != 2+4*(e.Accepted+e.Rejected) || e.DiffusionNFE != e.NFE || e.Iterations != 3 {
				t.Errorf("%s: epoch %+v", v.Variant, e)
			}
			if !(e.RegError > 0) || v.Variant.Has(model.SRNSDE) != (e.RegStiff > 0) {
				t.Errorf("%s: R_E = %v, R_S = %v", v.Variant, e.RegError, e.RegStiff)
			}
		}
		first, last := v.Epochs[0], v.Epochs[1]
		if !(last.TrainLoss < first.TrainLoss) || !(*last.TestAccuracy > 15) {
			t.Errorf("%s: loss %v and then %v, accuracy %v %%", v.Variant, first.TrainLoss, last.TrainLoss, *last.TestAccuracy)
		}
		if other, ok := losses[last.TrainLoss]; ok {
			t.Errorf("%s and %s have the same loss, as if one of them did nothing", v.Variant, other)
		}
		losses[last.TrainLoss] = v.Variant
	}
}

// TestSameSeedSameResults trains on different numbers of processors and with
// steps computed again.
func TestSameSeedSameResults(t *testing.T) {
	args := []string{"-variants", "ernsde", "-epochs", "1"}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := train(t, args...)
	runtime.GOMAXPROCS(2)
	if two := train(t, args...); !reflect.DeepEqual(one, two) {
		t.Errorf("one processor %+v, two %+v", one, two)
	}
	if again := train(t, append(args, "-memory", "checkpoint")...); !reflect.DeepEqual(one.Runs, again.Runs) {
		t.Errorf("stored %+v, checkpointed %+v", one.Runs, again.Runs)
	}
}

func TestInterruptedRunGoesOn(t *testing.T) {
	args := []string{"-variants", "srnsde", "-epochs", "1"}
	whole := train(t, args...)
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // as if interrupted during the first iteration
	dir := t.TempDir()
	args = append(args, "-out", dir)
	if status, _, stderr := runContext(ctx, args...); status != 130 {
		t.Fatalf("exit status %d of an interrupted run, expected 130: %s", status, stderr)
	}
	if status, _, stderr := run(t, append(args, "-resume")...); status != 0 {
		t.Fatalf("resumed: exit status %d: %s", status, stderr)
	}
	if parts := results(t, dir); !reflect.DeepEqual(whole.Runs, parts.Runs) {
		t.Errorf("whole %+v, in parts %+v", whole.Runs, parts.Runs)
	}
}

func TestBench(t *testing.T) {
	status, stdout, stderr := run(t, "-bench", "2")
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, expected 2:\n%s", len(lines), stdout)
	}
	for _, l := range lines {
		var v struct{ NFE, Loss float64 }
		if err := json.Unmarshal([]byte(l), &v); err != nil || !(v.NFE > 0) || !(v.Loss > 0) {
			t.Errorf("line %s: %v", l, err)
		}
	}
}

func TestBadInput(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-variants", "steer"}, 2, "steer"},
		{[]string{"-batch", "0"}, 2, "-batch"},
		{[]string{"-method", "dopri5"}, 2, "sosri2"},
		{[]string{"-method", "milstein"}, 2, "Milstein"},
		{[]string{"-method", "sriw1", "-variants", "ernsde,srnsde"}, 2, "SOSRI2"},
		{[]string{"-data", "none"}, 1, "none"},
		{[]string{"-lr", "1e39"}, 1, "epoch 1"},
	} {
		status, _, stderr := run(t, append(tt.args, "-out", filepath.Join(t.TempDir(), "out"))...)
		if status != tt.status || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, "goroutine") {
			t.Errorf("%v: exit status %d, message %q, expected %d and %q", tt.args, status, stderr, tt.status, tt.want)
		}
	}
}
