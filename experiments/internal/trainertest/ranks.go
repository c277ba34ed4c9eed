package trainertest

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/regnde/regnde/experiments/internal/ranks/rankstest"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// Ranks trains one variant on two ranks twice, whose results must be the same, bit for
// bit, and on one. Before the first update the models are the same, so the loss of the
// first iteration must be that of one rank, up to what the steps of a solver differ by.
func (r Runner) Ranks(t *testing.T, tol float64, args ...string) {
	t.Helper()
	one, two, again := t.TempDir(), t.TempDir(), t.TempDir()
	want := r.TrainIn(t, one, args...)
	got := r.trainOn(t, 2, two, args...)
	if other := r.trainOn(t, 2, again, args...); !reflect.DeepEqual(got, other) {
		t.Errorf("%v: two ranks %+v, and again %+v", args, got, other)
	}
	if a, b := Log(t, two), Log(t, again); !slices.Equal(a, b) {
		t.Errorf("%v: logs of two ranks\n%q, and again\n%q", args, a, b)
	}
	if a, b := firstLoss(t, one), firstLoss(t, two); !(math.Abs(a-b) <= tol*math.Abs(a)) {
		t.Errorf("%v: loss of the first iteration %v on two ranks, %v on one", args, b, a)
	}
	for i, run := range got.Runs {
		for j, e := range run.Epochs {
			w := want.Runs[i].Epochs[j]
			if e.Iterations != w.Iterations || e.TrainNFE == nil || !(e.TrainNFE.Largest >= e.TrainNFE.Mean) || !(e.TrainNFE.Mean > 0) {
				t.Errorf("%v: epoch %+v on two ranks, %+v on one", args, e, w)
			}
		}
	}
}

// RefusesRanks fails unless two ranks are refused, as a batch cannot be split.
func (r Runner) RefusesRanks(t *testing.T) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	var ended sync.WaitGroup
	for rank, group := range rankstest.New(2) {
		ended.Go(func() {
			var out, err bytes.Buffer
			status := trainer.RunOn(t.Context(), r.Experiment, group, append(slices.Clone(r.Flags), "-out", dir), &out, &err)
			if status != 2 || rank == 0 && !strings.Contains(err.String(), "2 ranks, expected one") {
				t.Errorf("exit status %d of rank %d: %s", status, rank, err.String())
			}
		})
	}
	ended.Wait()
	if _, err := os.Stat(dir); err == nil {
		t.Error("a refused run left a results folder")
	}
}

// trainOn trains on ranks to the end and returns the results without times.
func (r Runner) trainOn(t *testing.T, n int, dir string, args ...string) trainer.Results {
	t.Helper()
	if testing.Short() {
		t.Skip("runs an experiment")
	}
	all := slices.Concat([]string{"-quiet"}, r.Flags, args, []string{"-out", dir})
	var ended sync.WaitGroup
	var stderr bytes.Buffer
	for rank, group := range rankstest.New(n) {
		ended.Go(func() {
			var out, err bytes.Buffer
			if status := trainer.RunOn(t.Context(), r.Experiment, group, all, &out, &err); status != 0 {
				t.Errorf("%v: exit status %d of rank %d", args, status, rank)
			}
			if rank == 0 {
				stderr = err
			}
		})
	}
	ended.Wait()
	if t.Failed() {
		t.Fatal(stderr.String())
	}
	return Results(t, dir)
}

// firstLoss is that of the first iteration in the log.
func firstLoss(t *testing.T, dir string) float64 {
	t.Helper()
	log := Log(t, dir)
	column := slices.Index(strings.Split(log[0], ","), "loss")
	loss, err := strconv.ParseFloat(strings.Split(log[1], ",")[column], 64)
	if err != nil {
		t.Fatal(err)
	}
	return loss
}
