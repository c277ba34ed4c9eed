package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// run runs the experiment on a few trajectories.
func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return runContext(context.Background(), args...)
}

func runContext(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = trainer.RunExperiment(ctx, experiment, append([]string{"-quiet", "-batch", "20"}, args...), &out, &err)
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

// TestFitsTheMoments trains for a few epochs: the loss falls, every variant does
// something of its own, and everything is written.
func TestFitsTheMoments(t *testing.T) {
	dir := t.TempDir()
	status, stdout, stderr := run(t, "-epochs", "6", "-lambda-error", "2", "-lambda-stiff", "0.01",
		"-variants", "vanilla,srnsde,ernsde,srnsde+ernsde", "-out", dir)
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	r := results(t, dir)
	if n := len(r.Runs); n != 4 {
		t.Fatalf("%d runs, expected 4", n)
	}
	last := map[trainer.Variant]trainer.Epoch{}
	for _, v := range r.Runs {
		for _, e := range v.Epochs {
			attempts := e.Accepted + e.Rejected
			if e.NFE != 2+4*attempts || e.DiffusionNFE != e.NFE || e.Iterations != perEpoch {
				t.Errorf("%s: epoch %+v", v.Variant, e)
			}
			if !(e.RegError > 0) || v.Variant.Has(model.SRNSDE) != (e.RegStiff > 0) {
				t.Errorf("%s: R_E = %v, R_S = %v", v.Variant, e.RegError, e.RegStiff)
			}
		}
		e := v.Epochs[len(v.Epochs)-1]
		if first := v.Epochs[0]; !(e.TestLoss < first.TestLoss) {
			t.Errorf("%s: loss %v after the first epoch, %v after the last", v.Variant, first.TestLoss, e.TestLoss)
		}
		for name, o := range last {
			if o.TrainLoss == e.TrainLoss {
				t.Errorf("%s and %s have the same loss %v, as if one of them did nothing", v.Variant, name, e.TrainLoss)
			}
		}
		last[v.Variant] = e
		if !strings.Contains(stdout, string(v.Variant)) {
			t.Errorf("the table lacks %s:\n%s", v.Variant, stdout)
		}
	}
	if v, reg := last[model.Vanilla], last[model.ERNSDE]; !(reg.RegError < v.RegError) {
		t.Errorf("R_E is %v vanilla, %v regularized", v.RegError, reg.RegError)
	}
	for _, f := range []string{"fit.png", "fit.svg", "nfe.png", "loss.png", "table.md", "log.csv"} {
		if st, err := os.Stat(filepath.Join(dir, f)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// TestSameSeedSameResults trains on different numbers of processors and with
// steps computed again.
func TestSameSeedSameResults(t *testing.T) {
	args := []string{"-epochs", "2", "-variants", "ernsde,srnsde", "-seeds", "1,2"}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := train(t, args...)
	runtime.GOMAXPROCS(2)
	if two := train(t, args...); !reflect.DeepEqual(one, two) {
		t.Errorf("one processor %+v, two %+v", one, two)
	}
	if again := train(t, append(args, "-memory", "checkpoint")...); !reflect.DeepEqual(one.Runs, again.Runs) {
		t.Errorf("stored %+v, checkpointed %+v", one.Runs, again.Runs)
	}
	if a, b := one.Runs[0].Final.TrainLoss, one.Runs[2].Final.TrainLoss; a == b {
		t.Errorf("seeds 1 and 2 have the same loss %v", a)
	}
}

func TestInterruptedRunGoesOn(t *testing.T) {
	args := []string{"-epochs", "2", "-variants", "ernsde"}
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
	status, stdout, stderr := run(t, "-bench", "3")
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines, expected 3:\n%s", len(lines), stdout)
	}
	for _, l := range lines {
		var v struct{ NFE, Loss float64 }
		if err := json.Unmarshal([]byte(l), &v); err != nil || !(v.NFE > 0) || !(v.Loss > 0) {
			t.Errorf("line %s: %v", l, err)
		}
	}
}

// TestDataFolder reads the moments that are also in the binary.
func TestDataFolder(t *testing.T) {
	args := []string{"-epochs", "1", "-variants", "vanilla"}
	own := train(t, args...)
	read := train(t, append(args, "-data", "../../datasets/spiralsde/moments")...)
	if !reflect.DeepEqual(own.Runs, read.Runs) {
		t.Errorf("from the binary %+v, from the folder %+v", own.Runs, read.Runs)
	}
}

func TestBadInput(t *testing.T) {
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "moments.csv"), []byte("t,mean\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-variants", "ernode"}, 2, "ernode"},
		{[]string{"-batch", "1"}, 2, "-batch"},
		{[]string{"-limit", "7"}, 2, "-limit"},
		{[]string{"-data", "none"}, 1, "moments.csv"},
		{[]string{"-data", damaged}, 1, "moments.csv: spiralsde: line 1"},
		{[]string{"-method", "tsit5"}, 2, "sosri2"},
		{[]string{"-method", "eulermaruyama"}, 2, "EulerMaruyama"},
		{[]string{"-method", "sosri", "-variants", "srnsde"}, 2, "SOSRI2"},
		{[]string{"-lr", "1e39"}, 1, "epoch 1"},
	} {
		status, _, stderr := run(t, append(tt.args, "-out", filepath.Join(t.TempDir(), "out"))...)
		if status != tt.status || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, "goroutine") {
			t.Errorf("%v: exit status %d, message %q, expected %d and %q", tt.args, status, stderr, tt.status, tt.want)
		}
	}
}
