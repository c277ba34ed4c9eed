package trainer

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// resumeArgs make two runs of two epochs of three iterations.
var resumeArgs = []string{"-variants", "steer,steer+ernode"}

const resumeIterations = 12

func args(dir string, more ...string) []string {
	return append(append([]string{"-out", dir}, resumeArgs...), more...)
}

// after calls f at the end of the n-th iteration of all models, and at the
// beginning of the first if n is zero.
func after(n int, f func()) *hooks {
	count := 0
	return &hooks{iterate: func(runID, Iteration, *Result) error {
		count++
		if count == n {
			f()
		}
		return nil
	}}
}

func TestInterruptAnywhereAndResume(t *testing.T) {
	whole := t.TempDir()
	mustRun(t, nil, args(whole)...)
	for n := range resumeIterations + 1 {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		if n == 0 {
			cancel()
		}
		o := runToy(ctx, after(n, cancel), args(dir)...)
		cancel()
		if o.status != exitInterrupted || o.stdout != "" {
			t.Errorf("after iteration %d: status %d, expected %d; standard output %q, expected none", n, o.status, exitInterrupted, o.stdout)
		}
		if command := "to go on: toy -out " + dir + " -variants steer,steer+ernode -resume\n"; !strings.HasSuffix(o.stderr, command) {
			t.Errorf("after iteration %d: standard error ends in %q, expected %q", n, o.stderr, command)
		}
		if got := len(readLog(t, dir)) - 1; got != n {
			t.Errorf("stopped after iteration %d: log of %d iterations", n, got)
		}
		mustRun(t, nil, args(dir, "-resume")...)
		sameRuns(t, dir, whole)
	}
}

// An iteration that is interrupted in the middle of a solve leaves no trace: it is
// done again when the run is resumed.
func TestInterruptWithinASolve(t *testing.T) {
	whole := t.TempDir()
	mustRun(t, nil, args(whole)...)
	for _, n := range []int{1, 7, 40, 100} { // attempted steps
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		solved, last := 0, 0
		o := runToy(ctx, &hooks{solve: func(_ runID, it Iteration) error {
			if solved++; solved == n {
				last = it.Number
				cancel()
			}
			return nil
		}}, args(dir)...)
		cancel()
		if o.status != exitInterrupted || solved != n {
			t.Errorf("status %d after %d steps, expected %d after %d: %s", o.status, solved, exitInterrupted, n, o.stderr)
		}
		if got := len(readLog(t, dir)) - 1; got != last-1 {
			t.Errorf("stopped in iteration %d: log of %d iterations", last, got)
		}
		mustRun(t, nil, args(dir, "-resume")...)
		sameRuns(t, dir, whole)
	}
}

func TestInterruptInEvaluation(t *testing.T) {
	whole := t.TempDir()
	mustRun(t, nil, args(whole)...)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	o := runToy(ctx, &hooks{evaluate: func(runID, int, *Metrics) error { cancel(); return nil }}, args(dir)...)
	if o.status != exitInterrupted {
		t.Errorf("status %d, expected %d", o.status, exitInterrupted)
	}
	if runs := readResults(t, dir).Runs; len(runs) != 1 || len(runs[0].Epochs) != 1 {
		t.Errorf("runs %+v, expected the epoch that was evaluated", runs)
	}
	mustRun(t, nil, args(dir, "-resume")...)
	sameRuns(t, dir, whole)
}

func TestInterruptAfterEveryIteration(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	mustRun(t, nil, args(whole)...)
	for n := 0; ; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		o := runToy(ctx, after(1, cancel), args(dir, "-resume")...)
		cancel()
		if o.status == exitOK {
			break
		}
		if o.status != exitInterrupted || n > resumeIterations {
			t.Fatalf("part %d: status %d\n%s", n, o.status, o.stderr)
		}
	}
	sameRuns(t, dir, whole)
}

// A program that is killed cannot write a last checkpoint, and may leave half a
// line in the log.
func TestKillAnywhereAndResume(t *testing.T) {
	whole := t.TempDir()
	mustRun(t, nil, args(whole)...)
	for n := 1; n <= resumeIterations; n++ {
		dir := t.TempDir()
		func() {
			defer func() {
				if recover() == nil {
					t.Fatal("the program was not killed")
				}
			}()
			runToy(t.Context(), after(n, func() { panic("killed") }), args(dir)...)
		}()
		f, err := os.OpenFile(filepath.Join(dir, "log.csv"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString("steer,1,1,1,0.6")
		f.Close()
		mustRun(t, nil, args(dir, "-resume")...)
		sameRuns(t, dir, whole)
	}
}

func TestResumeOfAFinishedRun(t *testing.T) {
	dir := t.TempDir()
	first := mustRun(t, nil, args(dir)...)
	before := readResults(t, dir)
	o := mustRun(t, after(1, func() { t.Error("it trains again") }), args(dir, "-resume")...)
	if o.stdout != first.stdout {
		t.Errorf("table\n%s\nexpected\n%s", o.stdout, first.stdout)
	}
	if now := readResults(t, dir); !reflect.DeepEqual(now, before) {
		t.Errorf("results\n%+v\nexpected\n%+v", now, before)
	}
}

// TestResumeOfAnExport: the parameters for other programs are those of the last epoch
// after a session that could not write them, and after they were removed.
func TestResumeOfAnExport(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	mustRun(t, nil, args(whole)...)
	run := runID{readResults(t, whole).Runs[0].Variant, 1}
	want, err := os.ReadFile(exportPath(whole, run))
	if err != nil {
		t.Fatal(err)
	}
	same := func(when string) {
		t.Helper()
		if got, err := os.ReadFile(exportPath(dir, run)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: parameters are not those of the last epoch, error %v", when, err)
		}
	}
	// From the second epoch on something is in the way of the file.
	block := after(4, func() {
		path := exportPath(dir, run)
		if err := errors.Join(os.Remove(path), os.MkdirAll(filepath.Join(path, "x"), 0o755)); err != nil {
			t.Error(err)
		}
	})
	if o := runToy(t.Context(), block, args(dir)...); o.status == exitOK {
		t.Fatal("status 0, expected that the parameters cannot be written")
	}
	if err := os.RemoveAll(exportPath(dir, run)); err != nil {
		t.Fatal(err)
	}
	mustRun(t, nil, args(dir, "-resume")...)
	same("after a failure")
	if err := os.Remove(exportPath(dir, run)); err != nil {
		t.Fatal(err)
	}
	if o := mustRun(t, nil, args(dir, "-resume")...); !strings.Contains(o.stderr, "made anew") {
		t.Errorf("standard error %q, expected that it says so", o.stderr)
	}
	same("after a removal")
}

func TestResumeOfNothing(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	mustRun(t, nil, args(whole)...)
	o := mustRun(t, nil, args(dir, "-resume")...)
	if want := "no checkpoint in " + dir + ", starting at the beginning"; !strings.Contains(o.stderr, want) {
		t.Errorf("standard error lacks %q:\n%s", want, o.stderr)
	}
	sameRuns(t, dir, whole)
}

func TestResumeRefusesUnusableCheckpoints(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	runToy(ctx, after(5, cancel), args(dir)...)
	path := filepath.Join(dir, "steer-seed1.ckpt")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseCheckpoint(good)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*checkpoint)) []byte {
		d := *c
		change(&d)
		other := filepath.Join(t.TempDir(), "other")
		if err := d.write(other); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(other)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	flipped := append([]byte(nil), good...)
	flipped[len(flipped)/2] ^= 1
	version := append([]byte(nil), good...)
	version[len(version)-1] = 9
	tests := map[string]struct {
		data []byte
		want string
	}{
		"empty":         {nil, "no RegNDE checkpoint"},
		"other file":    {[]byte("PNG, say, of some length"), "no RegNDE checkpoint"},
		"version":       {version, "format version 9, expected 2"},
		"first version": {[]byte("RegNDE\x00\x01 and its content"), "format version 1, expected 2"},
		"cut":           {good[:len(good)-1], "not all of it"},
		"trailer alone": {good[len(good)-trailerSize:], "checksum does not match"},
		"flipped bit":   {flipped, "checksum does not match"},
		"no gob":        {seal(nil, []byte("text")), "damaged"},
		"configuration": {changed(func(c *checkpoint) { c.Config[0]++ }), "another configuration"},
		"variant":       {changed(func(c *checkpoint) { c.Variant = "vanilla" }), "it is of toy, vanilla, seed 1, expected toy, steer, seed 1"},
		"seed":          {changed(func(c *checkpoint) { c.Seed = 2 }), "seed 2, expected"},
		"experiment":    {changed(func(c *checkpoint) { c.Experiment = "mnist_node" }), "it is of mnist_node"},
		"records":       {changed(func(c *checkpoint) { c.Epochs = []byte("[") }), "damaged"},
		"epoch":         {changed(func(c *checkpoint) { c.Position.Epoch = 3 }), "damaged"},
		"iteration":     {changed(func(c *checkpoint) { c.Position.Iteration, c.Position.Number = 4, 40 }), "after iteration 4 of an epoch of 3"},
		"negative":      {changed(func(c *checkpoint) { c.Position.Iteration = -1 }), "damaged"},
		"parameters":    {changed(func(c *checkpoint) { c.Model.Parameters = nil }), "parameters: unexpected end"},
		"optimizer":     {changed(func(c *checkpoint) { c.Model.Optimizer.Rule = "momentum" }), "optimizer state does not fit"},
	}
	before := readLog(t, dir)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, test.data, 0o644); err != nil {
				t.Fatal(err)
			}
			o := runToy(t.Context(), nil, args(dir, "-resume")...)
			if o.status != exitFailed || !strings.Contains(o.stderr, "unusable checkpoint") || !strings.Contains(o.stderr, test.want) {
				t.Errorf("status %d, expected %d; standard error %q, expected %q in it", o.status, exitFailed, o.stderr, test.want)
			}
			if strings.Count(o.stderr, "\n") != 1 {
				t.Errorf("standard error has several lines:\n%s", o.stderr)
			}
		})
	}
	if got := readLog(t, dir); !reflect.DeepEqual(got, before) {
		t.Errorf("the log was changed to %q", got)
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	path := filepath.Join(f.TempDir(), "c")
	c := &checkpoint{
		Experiment: "toy", Variant: "vanilla", Seed: 1, Position: position{Epoch: 2, Number: 3}, Epochs: []byte(`[{"epoch":1}]`),
		Model: ModelState{Parameters: []byte("[1,2]")},
	}
	if err := c.write(path); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(good[len(good)-trailerSize:])
	f.Add([]byte{})
	id := runID{"vanilla", 1}
	f.Fuzz(func(t *testing.T, data []byte) {
		// As a file, and as the content of one with the right checksum.
		for _, file := range [][]byte{data, seal(data, nil), seal(nil, data)} {
			c, err := parseCheckpoint(file)
			if err != nil {
				if c != nil {
					t.Error("a checkpoint beside an error")
				}
				continue
			}
			if epochs, err := c.epochs("toy", Config{Epochs: 5, Ranks: c.Ranks}, c.Config, id); err == nil && len(epochs) > 5 {
				t.Errorf("%d epochs of 5", len(epochs))
			}
		}
	})
}
