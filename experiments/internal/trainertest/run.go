// Package trainertest runs experiments in tests, as their command lines would, and
// checks what all of them promise: that the same seed gives the same results on
// any number of processors and in either memory mode, that called and inline steps
// agree, that a resumed run goes on bit for bit, what -bench prints and -trace records,
// and that bad input ends in one clear message.
package trainertest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// Runner runs an experiment.
type Runner struct {
	Experiment trainer.Experiment

	// Flags come before those of a test, which override them. They make runs
	// small.
	Flags []string
}

// Run returns the exit status and what was printed. Results go to a new folder
// unless there is an -out among the arguments. Short tests are skipped, as they have
// no time for an experiment.
func (r Runner) Run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return r.run(t.Context(), t, args)
}

func (r Runner) run(ctx context.Context, t *testing.T, args []string) (status int, stdout, stderr string) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs an experiment")
	}
	all := append([]string{"-quiet"}, r.Flags...)
	if !slices.Contains(args, "-bench") { // which writes no files
		all = append(all, "-out", filepath.Join(t.TempDir(), "out"))
	}
	var out, err bytes.Buffer
	status = trainer.RunExperiment(ctx, r.Experiment, append(all, args...), &out, &err)
	return status, out.String(), err.String()
}

// Train runs the experiment to the end and returns the results without times.
func (r Runner) Train(t *testing.T, args ...string) trainer.Results {
	t.Helper()
	return r.TrainIn(t, t.TempDir(), args...)
}

// TrainIn is Train with a folder for the results. Every run must have all its
// epochs, and a row in the table.
func (r Runner) TrainIn(t *testing.T, dir string, args ...string) trainer.Results {
	t.Helper()
	status, stdout, stderr := r.Run(t, append(args[:len(args):len(args)], "-out", dir)...)
	if status != 0 {
		t.Fatalf("%v: exit status %d: %s", args, status, stderr)
	}
	res := Results(t, dir)
	if want := len(res.Config.Variants) * len(res.Config.Seeds); len(res.Runs) != want {
		t.Fatalf("%v: %d runs, expected %d", args, len(res.Runs), want)
	}
	for _, v := range res.Runs {
		if len(v.Epochs) != res.Config.Epochs {
			t.Fatalf("%v: %s has %d epochs, expected %d", args, v.Variant, len(v.Epochs), res.Config.Epochs)
		}
		if !strings.Contains(stdout, "\n"+string(v.Variant)+" ") {
			t.Errorf("%v: the table lacks %s:\n%s", args, v.Variant, stdout)
		}
	}
	return res
}

// Results reads the results in a folder, without times.
func Results(t *testing.T, dir string) trainer.Results {
	t.Helper()
	r, err := trainer.ReadResults(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	return r.WithoutTimes()
}

// Log returns the lines of log.csv in a folder, without their last column, the
// time.
func Log(t *testing.T, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "log.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i, l := range lines {
		lines[i] = l[:strings.LastIndex(l, ",")]
	}
	return lines
}

// Written fails unless the folder holds the files, none of them empty.
func Written(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, f := range files {
		if st, err := os.Stat(filepath.Join(dir, f)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v, or empty", f, err)
		}
	}
}
