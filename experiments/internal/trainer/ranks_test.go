package trainer

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/ranks/rankstest"
)

// member is a rank in a test: what it trains, and until when.
type member struct {
	ctx   context.Context
	hooks *hooks
	exp   func(*Experiment) // what is special about its experiment
	args  []string          // added to those of all ranks
}

// runRanks runs the toy on ranks, which are like the first member but for those given,
// and returns how they ended.
func runRanks(t *testing.T, n int, members map[int]member, args ...string) []outcome {
	t.Helper()
	outcomes := make([]outcome, n)
	var all sync.WaitGroup
	for r, group := range rankstest.New(n) {
		m := members[r]
		if m.ctx == nil {
			m.ctx = t.Context()
		}
		e := toy(m.hooks)
		e.noFigures = true
		if m.exp != nil {
			m.exp(&e)
		}
		all.Go(func() {
			outcomes[r].status = -1 // if the goroutine does not come to the end
			var stdout, stderr bytes.Buffer
			status := RunOn(m.ctx, e, group, slices.Concat(args, m.args), &stdout, &stderr)
			outcomes[r] = outcome{status, stdout.String(), stderr.String()}
		})
	}
	all.Wait()
	for r, o := range outcomes[1:] {
		if o.stdout+o.stderr != "" {
			t.Errorf("rank %d prints %q", r+1, o.stdout+o.stderr)
		}
	}
	return outcomes
}

// mustRunRanks trains to the end.
func mustRunRanks(t *testing.T, n int, args ...string) outcome {
	t.Helper()
	all := runRanks(t, n, nil, args...)
	for r, o := range all {
		if o.status != exitOK {
			t.Fatalf("%v: rank %d of %d: status %d, standard error:\n%s", args, r, n, o.status, all[0].stderr)
		}
	}
	return all[0]
}

// TestRanksTrainOneModel: as the gradient is the mean over all examples, and what is
// random depends on the row, parameters and losses are those of one process up to
// rounding, also where the last batch has fewer examples than there are ranks, and the
// bits are those of every run with as many ranks.
func TestRanksTrainOneModel(t *testing.T) {
	one := t.TempDir()
	mustRun(t, nil, args(one)...)
	for n := 2; n <= 4; n++ {
		dir, again := t.TempDir(), t.TempDir()
		mustRunRanks(t, n, args(dir)...)
		mustRunRanks(t, n, args(again)...)
		sameRuns(t, dir, again)
		want, got := readResults(t, one), readResults(t, dir)
		if got.Config.Ranks != n {
			t.Errorf("the configuration has %d ranks, expected %d", got.Config.Ranks, n)
		}
		for i, run := range got.Runs {
			for j, e := range run.Epochs {
				w := want.Runs[i].Epochs[j]
				for _, q := range [][2]float64{{e.TrainLoss, w.TrainLoss}, {e.TestLoss, w.TestLoss}, {e.RegError, w.RegError}, {e.RegStiff, w.RegStiff}, {*e.TrainAccuracy, *w.TrainAccuracy}} {
					if math.Abs(q[0]-q[1]) > 1e-12*math.Abs(q[1]) {
						t.Errorf("%d ranks, %s, epoch %d: %v, expected %v", n, run.Variant, j+1, q[0], q[1])
					}
				}
				if e.TrainNFE == nil || e.TrainNFE.Largest < e.TrainNFE.Mean || w.TrainNFE != nil {
					t.Errorf("%d ranks: evaluations %v in training, on one %v", n, e.TrainNFE, w.TrainNFE)
				}
			}
		}
	}
}

// TestOneRankIsNone: a group of one leaves the bits of a process that is alone.
func TestOneRankIsNone(t *testing.T) {
	alone, one := t.TempDir(), t.TempDir()
	mustRun(t, nil, args(alone)...)
	mustRunRanks(t, 1, args(one)...)
	sameRuns(t, one, alone)
}

// TestWholeBatch: means are weighted by examples, the mean of the evaluations is not,
// and steps are those of the rank with the most.
func TestWholeBatch(t *testing.T) {
	r, weights := wholeBatch([]report{
		{Examples: 1, Result: Result{Loss: 4, Correct: 1, NFE: 10, Accepted: 1, Regularization: Regularization{RegError: 8, RegStiff: 0.5}}},
		{},
		{Examples: 3, Result: Result{Loss: 8, Correct: 2, NFE: 20, Accepted: 2, Rejected: 1, Regularization: Regularization{RegError: 4, RegStiff: 1.5}}},
	})
	want := Result{Loss: 7, Correct: 3, NFE: 20, MeanNFE: 15, Accepted: 2, Rejected: 1, Regularization: Regularization{RegError: 5, RegStiff: 1.25}}
	if r != want || !reflect.DeepEqual(weights, []float64{0.25, 0, 0.75}) {
		t.Errorf("result %+v with weights %v, expected %+v", r, weights, want)
	}
}

// TestShards: the shards of a batch are all of it, in order, and as large as can be the
// same.
func TestShards(t *testing.T) {
	for size := range 40 {
		batch := make([]int, size)
		for i := range batch {
			batch[i] = 100 + i
		}
		for n := 1; n <= 7; n++ {
			var all []int
			for r := range n {
				part, first := shard(batch, r, n)
				if first != len(all) || len(part) < size/n || len(part) > (size+n-1)/n {
					t.Errorf("rank %d of %d has %d examples from %d on, of %d", r, n, len(part), first, size)
				}
				all = append(all, part...)
			}
			if len(all) != size || size > 0 && !reflect.DeepEqual(all, batch) {
				t.Errorf("%d shards of %v are %v", n, batch, all)
			}
		}
	}
}

// TestInterruptOnOneRank: all stop after the same iteration, whichever rank is asked to
// and wherever it is, and go on bit for bit on as many ranks alone.
func TestInterruptOnOneRank(t *testing.T) {
	whole := t.TempDir()
	mustRunRanks(t, 2, args(whole)...)
	for n := range 2 * resumeIterations {
		rank, within := n%2, n/2+1
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		all := runRanks(t, 2, map[int]member{rank: {ctx: ctx, hooks: after(within, cancel)}}, args(dir)...)
		cancel()
		if all[0].status != exitInterrupted || all[1].status != exitInterrupted {
			t.Fatalf("rank %d interrupted in iteration %d: statuses %d and %d, expected %d: %s",
				rank, within, all[0].status, all[1].status, exitInterrupted, all[0].stderr)
		}
		if command := ": interrupted; to go on: mpirun -n 2 toy -out " + dir; !strings.Contains(all[0].stderr, command) {
			t.Errorf("standard error %q, expected %q in it", all[0].stderr, command)
		}
		if n > 3 {
			mustRunRanks(t, 2, args(dir, "-resume")...)
			sameRuns(t, dir, whole)
			continue
		}
		for others := range 4 {
			if others == 2 {
				continue
			}
			var o outcome
			if others == 0 {
				o = runToy(t.Context(), nil, args(dir, "-resume")...)
			} else {
				o = runRanks(t, others, nil, args(dir, "-resume")...)[0]
			}
			if o.status != exitFailed || !strings.Contains(o.stderr, "a training on 2 ranks, expected one on") || !strings.Contains(o.stderr, "mpirun -n 2 goes on") {
				t.Errorf("%d ranks go on: status %d, standard error %q", others, o.status, o.stderr)
			}
		}
	}
}

// TestCheckpointOfOtherRanks: without results.json it is the checkpoint that tells.
func TestCheckpointOfOtherRanks(t *testing.T) {
	dir := t.TempDir()
	mustRunRanks(t, 2, args(dir)...)
	if err := os.Remove(filepath.Join(dir, resultsFile)); err != nil {
		t.Fatal(err)
	}
	o := runToy(t.Context(), nil, args(dir, "-resume")...)
	if o.status != exitFailed || !strings.Contains(o.stderr, "on 2 ranks, expected one on 1") {
		t.Errorf("status %d, standard error %q", o.status, o.stderr)
	}
}

// TestRankDies: the others are asked to end, as mpirun does, and do not wait forever.
// The first one leaves a checkpoint from which the training goes on bit for bit.
func TestRankDies(t *testing.T) {
	whole := t.TempDir()
	mustRunRanks(t, 3, args(whole)...)
	for _, iteration := range []int{1, 5} {
		dir := t.TempDir()
		ctx, end := context.WithCancel(t.Context())
		dies := after(iteration, func() {
			end()
			runtime.Goexit()
		})
		all := runRanks(t, 3, map[int]member{0: {ctx: ctx}, 1: {ctx: ctx, hooks: dies}, 2: {ctx: ctx}}, args(dir)...)
		end()
		if all[0].status != exitInterrupted || all[2].status != exitInterrupted || !strings.Contains(all[0].stderr, "the other ranks do not answer") {
			t.Errorf("statuses %d and %d, expected %d, standard error %q", all[0].status, all[2].status, exitInterrupted, all[0].stderr)
		}
		if got := len(readLog(t, dir)) - 1; got != iteration-1 {
			t.Errorf("log of %d iterations, expected %d", got, iteration-1)
		}
		mustRunRanks(t, 3, args(dir, "-resume")...)
		sameRuns(t, dir, whole)
	}
}

// TestRunFailsOnOneRank: the run ends on all ranks, with what the one says, and the next
// one is trained.
func TestRunFailsOnOneRank(t *testing.T) {
	dir := t.TempDir()
	fails := &hooks{iterate: func(id runID, it Iteration, r *Result) error {
		if id.variant == "steer" && it.Number == 4 {
			r.Loss = math.NaN()
		}
		return nil
	}}
	all := runRanks(t, 2, map[int]member{1: {hooks: fails}}, args(dir)...)
	if all[0].status != exitFailed || !strings.Contains(all[0].stderr, "toy: steer, seed 1, epoch 2, iteration 4: rank 1: loss is NaN") {
		t.Errorf("status %d, standard error %q", all[0].status, all[0].stderr)
	}
	runs := readResults(t, dir).Runs
	if len(runs) != 2 || !strings.Contains(runs[0].Error, "rank 1: loss is NaN") || len(runs[1].Epochs) != 2 {
		t.Errorf("runs %+v, expected a failed and a whole one", runs)
	}
}

// TestSessionEndsOnAllRanks: what ends the session on one rank ends it on all.
func TestSessionEndsOnAllRanks(t *testing.T) {
	broken := errors.New("broken disk")
	unmade := func(e *Experiment) {
		e.New = func(Config, Variant, uint64) (Model, error) { return nil, broken }
	}
	done, gone := t.TempDir(), t.TempDir()
	mustRunRanks(t, 2, args(done)...)
	for name, tt := range map[string]struct {
		dir     string
		members map[int]member
		want    string
	}{
		"a model cannot be made on the first":  {t.TempDir(), map[int]member{0: {exp: unmade}}, "rank 0: steer, seed 1: broken disk"},
		"a model cannot be made on the second": {t.TempDir(), map[int]member{1: {exp: unmade}}, "rank 1: steer, seed 1: broken disk"},
		"the results are there":                {done, nil, "holds results of this configuration"},
		"the folder goes away":                 {gone, map[int]member{0: {hooks: after(2, func() { os.RemoveAll(gone) })}}, "the results folder was lost"},
	} {
		t.Run(name, func(t *testing.T) {
			all := runRanks(t, 2, tt.members, args(tt.dir)...)
			if all[0].status != exitFailed || all[1].status != exitFailed || !strings.Contains(all[0].stderr, tt.want) {
				t.Errorf("statuses %d and %d, expected %d, standard error %q, expected %q in it", all[0].status, all[1].status, exitFailed, all[0].stderr, tt.want)
			}
		})
	}
}

// TestRefusesRanks: what cannot be split, or not so far, is an error before anything is
// written.
func TestRefusesRanks(t *testing.T) {
	whole := func(e *Experiment) { e.Indivisible = "there is one of it" }
	dir := filepath.Join(t.TempDir(), "out")
	for _, tt := range []struct {
		n    int
		exp  func(*Experiment)
		want string
	}{
		{2, whole, "2 ranks, expected one: a batch of toy cannot be split among them, as there is one of it"},
		{5, nil, "5 ranks, expected at most 4, the examples in a batch of steer"},
	} {
		members := map[int]member{}
		for r := range tt.n {
			members[r] = member{exp: tt.exp}
		}
		for r, o := range runRanks(t, tt.n, members, args(dir)...) {
			if o.status != exitUsage || r == 0 && !strings.Contains(o.stderr, tt.want) {
				t.Errorf("rank %d: status %d, standard error %q, expected %d and %q", r, o.status, o.stderr, exitUsage, tt.want)
			}
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("bad input left a results folder")
	}
}

// TestOneProcessGoesOnOnRanks: it does not, and the error says how it would.
func TestOneProcessGoesOnOnRanks(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, nil, args(dir)...)
	o := runRanks(t, 2, nil, args(dir, "-resume")...)[0]
	if want := "a training in one process, expected one on 2 ranks as now"; o.status != exitFailed || !strings.Contains(o.stderr, want) {
		t.Errorf("status %d, standard error %q, expected %q in it", o.status, o.stderr, want)
	}
}

// TestBenchOnRanks: the first rank measures, with what it waits for.
func TestBenchOnRanks(t *testing.T) {
	t.Chdir(t.TempDir())
	o := mustRunRanks(t, 2, "-bench", "4")
	if n := strings.Count(o.stdout, "\n"); n != 4 || strings.Count(o.stdout, `"nfe_mean":`) != 4 || strings.Count(o.stdout, `"exchange_s":`) != 4 {
		t.Errorf("standard output\n%s", o.stdout)
	}
}
