package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = trainer.RunExperiment(context.Background(), experiment, append([]string{"-quiet"}, args...), &out, &err)
	return status, out.String(), err.String()
}

// TestFitsTheSpiral trains for a few epochs: the loss falls, the regularized
// model needs fewer evaluations, and everything is written.
func TestFitsTheSpiral(t *testing.T) {
	dir := t.TempDir()
	status, stdout, stderr := run(t, "-epochs", "20", "-tol", "1e-6", "-out", dir)
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	r, err := trainer.ReadResults(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Runs {
		first, last := v.Epochs[0], v.Epochs[len(v.Epochs)-1]
		if !(last.TrainLoss < first.TrainLoss/10) {
			t.Errorf("%s: loss %v in the first epoch, %v in the last", v.Variant, first.TrainLoss, last.TrainLoss)
		}
		if !strings.Contains(stdout, string(v.Variant)) {
			t.Errorf("the table lacks %s:\n%s", v.Variant, stdout)
		}
	}
	if n := len(r.Runs); n != 2 {
		t.Fatalf("%d runs, expected 2", n)
	}
	if v, reg := r.Runs[0].Final.NFE, r.Runs[1].Final.NFE; reg >= v {
		t.Errorf("NFE %d vanilla, %d regularized", v, reg)
	}
	for _, f := range []string{"fit.png", "fit.svg", "nfe.png", "loss.png", "table.md", "log.csv"} {
		if st, err := os.Stat(filepath.Join(dir, f)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestSameSeedSameResults(t *testing.T) {
	var r [2]trainer.Results
	for i := range r {
		dir := t.TempDir()
		status, _, stderr := run(t, "-epochs", "3", "-tol", "1e-5", "-variants", "vanilla,srnode+ernode", "-seeds", "1,2", "-method", "dopri5", "-out", dir)
		if status != 0 {
			t.Fatalf("exit status %d: %s", status, stderr)
		}
		res, err := trainer.ReadResults(filepath.Join(dir, "results.json"))
		if err != nil {
			t.Fatal(err)
		}
		r[i] = res.WithoutTimes()
	}
	if !reflect.DeepEqual(r[0], r[1]) {
		t.Errorf("results differ:\n%+v\n%+v", r[0], r[1])
	}
}

func TestBadInput(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-variants", "steer"}, "steer"},
		{[]string{"-batch", "2"}, "-batch"},
		{[]string{"-method", "euler"}, "Euler"},
		{[]string{"-lr", "1e200"}, "epoch 1"},
	} {
		status, _, stderr := run(t, append(tt.args, "-out", filepath.Join(t.TempDir(), "out"))...)
		if status == 0 || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, "goroutine") {
			t.Errorf("%v: exit status %d, message %q, expected %q in it", tt.args, status, stderr, tt.want)
		}
	}
}
