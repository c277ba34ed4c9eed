package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// small makes a run of seconds out of the quick preset.
var small = []string{"-epochs", "2", "-limit", "30", "-batch", "12", "-tol", "1e-4", "-quiet"}

// run runs the experiment and returns the exit status and what it printed.
func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = trainer.RunExperiment(context.Background(), experiment, append(append([]string{}, small...), args...), &out, &err)
	return status, out.String(), err.String()
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
	dir := t.TempDir()
	variants := "vanilla,ernode,srnode,srnode+ernode,steer,steer+ernode,steer+srnode,steer+srnode+ernode"
	status, stdout, stderr := run(t, "-variants", variants, "-out", dir)
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	r := results(t, dir)
	if len(r.Runs) != 8 {
		t.Fatalf("%d runs, expected 8", len(r.Runs))
	}
	losses := map[float64]string{}
	for _, v := range r.Runs {
		if len(v.Epochs) != 2 {
			t.Errorf("%s: %d epochs, expected 2", v.Variant, len(v.Epochs))
		}
		for _, e := range v.Epochs {
			if e.NFE != 3+6*(e.Accepted+e.Rejected) || e.Iterations != 3 || !(e.RegError > 0) || !(e.RegStiff >= 1) {
				t.Errorf("%s: epoch %+v", v.Variant, e)
			}
		}
		l := v.Epochs[1].TrainLoss
		if v.Variant.Has(srnode) && !v.Variant.Has(ernode) && v.Epochs[1].RegStiff == 1 {
			continue // a maximum that is the entry before the first step has no gradient
		}
		if other, ok := losses[l]; ok {
			t.Errorf("%s and %s have the same loss %v, as if one of them did nothing", v.Variant, other, l)
		}
		losses[l] = string(v.Variant)
		if !strings.Contains(stdout, string(v.Variant)) {
			t.Errorf("the table lacks %s:\n%s", v.Variant, stdout)
		}
	}
}

// TestSameSeedSameResults runs twice on different numbers of processors.
func TestSameSeedSameResults(t *testing.T) {
	var r [2]trainer.Results
	for i, procs := range []int{1, 2} {
		old := runtime.GOMAXPROCS(procs)
		dir := t.TempDir()
		status, _, stderr := run(t, "-variants", "ernode,steer+srnode", "-out", dir)
		runtime.GOMAXPROCS(old)
		if status != 0 {
			t.Fatalf("exit status %d: %s", status, stderr)
		}
		r[i] = results(t, dir)
	}
	if !reflect.DeepEqual(r[0], r[1]) {
		t.Errorf("results differ:\n%+v\n%+v", r[0], r[1])
	}
}

// TestMemoryModesAgree compares what is stored with what is computed again,
// bit for bit, and called steps with written-out ones.
func TestMemoryModesAgree(t *testing.T) {
	runs := func(args ...string) []trainer.Run {
		dir := t.TempDir()
		if status, _, stderr := run(t, append(args, "-variants", "srnode+ernode", "-out", dir)...); status != 0 {
			t.Fatalf("%v: exit status %d: %s", args, status, stderr)
		}
		return results(t, dir).Runs
	}
	store, checkpoint := runs("-memory", "store"), runs("-memory", "checkpoint")
	if !reflect.DeepEqual(store, checkpoint) {
		t.Errorf("stored %+v, checkpointed %+v", store, checkpoint)
	}
	called, inline := runs("-dtype", "float64"), runs("-dtype", "float64", "-mode", "inline")
	for i, e := range called[0].Epochs {
		if o := inline[0].Epochs[i]; math.Abs(e.TrainLoss-o.TrainLoss) > 1e-8*e.TrainLoss || e.NFE != o.NFE {
			t.Errorf("epoch %d: called %+v, inline %+v", i+1, e, o)
		}
	}
}

func TestInterruptedRunGoesOn(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	if status, _, stderr := run(t, "-variants", "steer+ernode", "-out", whole); status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // as if interrupted during the first iteration
	var out, errs bytes.Buffer
	args := append(append([]string{}, small...), "-variants", "steer+ernode", "-out", parts)
	if status := trainer.RunExperiment(ctx, experiment, args, &out, &errs); status != 130 {
		t.Fatalf("exit status %d of an interrupted run, expected 130: %s", status, errs.String())
	}
	if status, _, stderr := run(t, "-variants", "steer+ernode", "-out", parts, "-resume"); status != 0 {
		t.Fatalf("resumed: exit status %d: %s", status, stderr)
	}
	if a, b := results(t, whole), results(t, parts); !reflect.DeepEqual(a.Runs, b.Runs) {
		t.Errorf("whole %+v, in parts %+v", a.Runs, b.Runs)
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
		var v map[string]float64
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatal(err)
		}
		for _, k := range []string{"iter", "nfe", "loss", "graph_s", "forward_s", "backward_s", "optimizer_s", "total_s", "predict_s", "peak_rss_mb"} {
			if _, ok := v[k]; !ok {
				t.Errorf("line %s lacks %s", l, k)
			}
		}
	}
}

// TestBadInput types in what goes wrong: one clear line, a non-zero status, and
// nothing left behind.
func TestBadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-variants", "ernoode"}, "ernoode"},
		{[]string{"-method", "rk5"}, "rk5"},
		{[]string{"-method", "rk4"}, "RK4"},
		{[]string{"-tol", "-1e-8"}, "-tol"},
		{[]string{"-tol", "NaN"}, "-tol"},
		{[]string{"-batch", "0"}, "-batch"},
		{[]string{"-variants", "steer", "-steer-b", "1.5"}, "steer-b"},
		{[]string{"-data", filepath.Join(file, "none")}, "none"},
		{[]string{"-out", filepath.Join(file, "out")}, "file"},
		{[]string{"-lr", "1e39", "-dtype", "float32", "-variants", "vanilla"}, "epoch 1"},
	} {
		dir := t.TempDir()
		args := tt.args
		if args[0] != "-out" {
			args = append(args, "-out", filepath.Join(dir, "out"))
		}
		status, stdout, stderr := run(t, args...)
		if status == 0 || !strings.Contains(stderr, tt.want) {
			t.Errorf("%v: exit status %d, message %q, expected %q in it", tt.args, status, stderr, tt.want)
		}
		if strings.Contains(stderr, "goroutine") || strings.Contains(stdout, "goroutine") {
			t.Errorf("%v: panicked: %s", tt.args, stderr)
		}
	}
}
