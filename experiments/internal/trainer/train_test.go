package trainer

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

func TestTrainingWritesEverything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "results")
	o := experimentRun(t.Context(), toy(nil), "-out", dir, "-seeds", "1,2")
	if o.status != exitOK {
		t.Fatal(o.stderr)
	}

	want := []string{
		"accuracy.png", "accuracy.svg", "ernode-seed1.ckpt", "ernode-seed1.safetensors", "ernode-seed2.ckpt", "ernode-seed2.safetensors", "fit.json", "fit.png", "fit.svg",
		"log.csv", "loss.png", "loss.svg", "nfe.png", "nfe.svg", "results.json", "table.md",
		"vanilla-seed1.ckpt", "vanilla-seed1.safetensors", "vanilla-seed2.ckpt", "vanilla-seed2.safetensors",
	}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("folder holds\n%q, expected\n%q", got, want)
	}
	for _, text := range []string{"vanilla", "ernode", "NFE / vanilla", "Reported for ten points", "177.0"} {
		if !strings.Contains(o.stdout, text) {
			t.Errorf("standard output lacks %q:\n%s", text, o.stdout)
		}
	}
	for _, line := range []string{"vanilla, seed 1, epoch 1/2: loss ", "ernode, seed 2, epoch 2/2: loss "} {
		if strings.Count(o.stderr, line) != 1 {
			t.Errorf("standard error lacks one line %q:\n%s", line, o.stderr)
		}
	}
}

// The file's fields are a contract with whatever reads them.
func TestResultsSchema(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, nil, "-out", dir, "-variants", "steer+ernode,vanilla", "-seeds", "7")
	text, err := os.ReadFile(filepath.Join(dir, resultsFile))
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	keys := func(v any) []string {
		var k []string
		for name := range v.(map[string]any) {
			k = append(k, name)
		}
		slices.Sort(k)
		return k
	}
	check := func(what string, v any, want ...string) {
		t.Helper()
		slices.Sort(want)
		if got := keys(v); !slices.Equal(got, want) {
			t.Errorf("%s has fields %q, expected %q", what, got, want)
		}
	}
	check("file", file, "experiment", "preset", "flags", "config", "machine", "runs")
	check("machine", file["machine"], "cpus", "go")
	check("config", file["config"], "preset", "variants", "seeds", "epochs", "batch", "limit", "lr", "tol", "method",
		"lambda_error", "lambda_error_decay", "lambda_stiff", "steer_b", "dtype", "memory", "mode", "data", "params", "per_variant", "methods")
	runs := file["runs"].([]any)
	if len(runs) != 2 {
		t.Fatalf("%d runs, expected 2", len(runs))
	}
	check("run", runs[0], "variant", "seed", "epochs", "final")
	fields := []string{"epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "nfe", "diffusion_nfe", "accepted", "rejected",
		"reg_error", "reg_stiff", "iterations", "train_seconds", "predict_seconds"}
	run := runs[0].(map[string]any)
	epochs := run["epochs"].([]any)
	if len(epochs) != 2 {
		t.Fatalf("%d epochs, expected 2", len(epochs))
	}
	check("epoch", epochs[0], fields...)
	check("final", run["final"], fields...)
	if run["variant"] != "steer+ernode" || run["seed"] != 7.0 || file["experiment"] != "toy" || file["preset"] != "quick" {
		t.Errorf("run of %v, seed %v, in %v, preset %v", run["variant"], run["seed"], file["experiment"], file["preset"])
	}
}

func TestExperimentWithoutClasses(t *testing.T) {
	dir := t.TempDir()
	e := toy(nil)
	e.Classes = false
	o := experimentRun(t.Context(), e, "-out", dir)
	if o.status != exitOK {
		t.Fatal(o.stderr)
	}
	for _, name := range []string{resultsFile, "table.md"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		ours, _, _ := strings.Cut(string(text), "Reported") // which has accuracies
		if strings.Contains(ours, "accuracy") {
			t.Errorf("%s mentions an accuracy:\n%s", name, ours)
		}
	}
	if slices.Contains(names(t, dir), "accuracy.png") {
		t.Error("there is a figure of accuracies")
	}
	if !strings.Contains(o.stdout, "test cross entropy") {
		t.Errorf("table lacks the test loss:\n%s", o.stdout)
	}
}

// The record of an epoch is checked against sums over what the model returned.
func TestEpochRecord(t *testing.T) {
	dir := t.TempDir()
	var losses, sizes, regs []float64
	correct := 0
	h := &hooks{
		iterate: func(id runID, it Iteration, r *Result) error {
			if id.variant == "ernode" && it.Epoch == 2 {
				losses = append(losses, r.Loss)
				sizes = append(sizes, float64(len(it.Batch)))
				regs = append(regs, r.RegError)
				correct += r.Correct
				if it.Number != 3+len(losses) {
					t.Errorf("iteration %d, expected %d", it.Number, 3+len(losses))
				}
			}
			return nil
		},
		evaluate: func(_ runID, _ int, m *Metrics) error {
			m.NFE, m.Accepted, m.Rejected = 69, 9, 2
			return nil
		},
	}
	mustRun(t, h, "-out", dir)
	if !slices.Equal(sizes, []float64{4, 4, 2}) {
		t.Fatalf("batches of %v, expected 4, 4, 2", sizes)
	}
	run := readResults(t, dir).Runs[1]
	e := run.Epochs[1]
	near(t, "train_loss", e.TrainLoss, (4*losses[0]+4*losses[1]+2*losses[2])/10)
	near(t, "reg_error", e.RegError, (regs[0]+regs[1]+regs[2])/3)
	near(t, "train_accuracy", *e.TrainAccuracy, 10*float64(correct))
	if e.NFE != 69 || e.Accepted != 9 || e.Rejected != 2 || e.Iterations != 3 || e.Epoch != 2 {
		t.Errorf("record %+v", e)
	}
	near(t, "predict_seconds", e.PredictSeconds, 0.005)
	near(t, "final train_seconds", run.Final.TrainSeconds, run.Epochs[0].TrainSeconds+run.Epochs[1].TrainSeconds)
	f := *run.Final
	f.TrainSeconds = e.TrainSeconds
	if !reflect.DeepEqual(f, e) {
		t.Errorf("final is %+v, expected the last epoch %+v", f, e)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12*max(1, math.Abs(want)) {
		t.Errorf("%s is %v, expected %v", what, got, want)
	}
}

// A model may measure the training set itself, and zero is a measurement.
func TestMetricsOverrideTheTrainingMeans(t *testing.T) {
	dir := t.TempDir()
	zero, loss := 0.0, 0.125
	mustRun(t, &hooks{evaluate: func(_ runID, _ int, m *Metrics) error {
		m.TrainAccuracy, m.TrainLoss, m.TestAccuracy = &zero, &loss, 0
		return nil
	}}, "-out", dir)
	e := readResults(t, dir).Runs[0].Epochs[0]
	if e.TrainLoss != 0.125 || e.TrainAccuracy == nil || *e.TrainAccuracy != 0 || e.TestAccuracy == nil || *e.TestAccuracy != 0 {
		t.Errorf("record %+v", e)
	}
	mustRun(t, nil, "-out", dir, "-resume")
	if again := readResults(t, dir).Runs[0].Epochs[0]; !reflect.DeepEqual(again, e) {
		t.Errorf("after reading checkpoints the record is %+v, expected %+v", again, e)
	}
}

func TestSameSeedTwice(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	args := []string{"-variants", "vanilla,steer+ernode", "-seeds", "3,18446744073709551615"}
	mustRun(t, nil, append(args, "-out", a)...)
	mustRun(t, nil, append(args, "-out", b)...)
	sameRuns(t, a, b)
	r := readResults(t, a).WithoutTimes().Runs
	r[2].Seed = r[0].Seed
	if reflect.DeepEqual(r[0], r[2]) {
		t.Error("two seeds give the same run")
	}
}

// sameRuns checks that two folders agree in all but times.
func sameRuns(t *testing.T, got, want string) {
	t.Helper()
	if g, w := readResults(t, got).WithoutTimes(), readResults(t, want).WithoutTimes(); !reflect.DeepEqual(g, w) {
		t.Errorf("results differ:\n%+v, expected\n%+v", g, w)
	}
	if g, w := readLog(t, got), readLog(t, want); !slices.Equal(g, w) {
		t.Errorf("logs differ:\n%s\nexpected\n%s", strings.Join(g, "\n"), strings.Join(w, "\n"))
	}
	if g, w := readStates(t, got), readStates(t, want); !reflect.DeepEqual(g, w) {
		t.Errorf("checkpoints differ:\n%+v, expected\n%+v", g, w)
	}
}

func TestFailedRun(t *testing.T) {
	underflow := errors.New("step size underflow at t = 0.5")
	tests := []struct {
		name   string
		hooks  hooks
		want   string // in results.json and on standard error
		epochs int    // that have ended
	}{
		{"iteration", hooks{iterate: func(id runID, it Iteration, _ *Result) error {
			if id.variant == "vanilla" && it.Number == 5 {
				return underflow
			}
			return nil
		}}, "epoch 2, iteration 5: step size underflow at t = 0.5", 1},
		{"first iteration", hooks{iterate: func(id runID, it Iteration, _ *Result) error {
			if id.variant == "vanilla" {
				return underflow
			}
			return nil
		}}, "epoch 1, iteration 1: step size underflow at t = 0.5", 0},
		{"loss", hooks{iterate: func(id runID, it Iteration, r *Result) error {
			if id.variant == "vanilla" && it.Number == 4 {
				r.Loss = math.NaN()
			}
			return nil
		}}, "epoch 2, iteration 4: loss is NaN: expected a finite number", 1},
		{"regularizer", hooks{iterate: func(id runID, it Iteration, r *Result) error {
			if id.variant == "vanilla" && it.Number == 6 {
				r.RegStiff = math.Inf(1)
			}
			return nil
		}}, "epoch 2, iteration 6: reg_stiff is +Inf: expected a finite number", 1},
		{"evaluation", hooks{evaluate: func(id runID, epoch int, m *Metrics) error {
			if id.variant == "vanilla" && epoch == 2 {
				m.TestLoss = math.Inf(-1)
			}
			return nil
		}}, "epoch 2, iteration 6: evaluation: test_loss is -Inf: expected a finite number", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			o := runToy(t.Context(), &test.hooks, "-out", dir)
			if o.status != exitFailed {
				t.Errorf("status %d, expected %d", o.status, exitFailed)
			}
			for _, text := range []string{"toy: vanilla, seed 1, " + test.want + "\n", "toy: 1 of 2 runs failed"} {
				if !strings.Contains(o.stderr, text) {
					t.Errorf("standard error lacks %q:\n%s", text, o.stderr)
				}
			}
			runs := readResults(t, dir).Runs
			if len(runs) != 2 || runs[0].Error != test.want || len(runs[0].Epochs) != test.epochs {
				t.Fatalf("runs %+v, expected the first to have %d epochs and error %q", runs, test.epochs, test.want)
			}
			if len(runs[1].Epochs) != 2 || runs[1].Error != "" {
				t.Errorf("the other run is %+v, expected it whole", runs[1])
			}
			if table, _ := os.ReadFile(filepath.Join(dir, "table.md")); !strings.Contains(string(table), test.want) {
				t.Errorf("table.md lacks %q:\n%s", test.want, table)
			}

			// With its cause gone, the run goes on, and all is as if it had never
			// failed, but for the order of the log.
			whole := t.TempDir()
			mustRun(t, nil, "-out", whole)
			mustRun(t, nil, "-out", dir, "-resume")
			if g, w := readResults(t, dir).WithoutTimes(), readResults(t, whole).WithoutTimes(); !reflect.DeepEqual(g, w) {
				t.Errorf("results differ:\n%+v, expected\n%+v", g, w)
			}
			if g, w := readLog(t, dir), readLog(t, whole); !slices.Equal(slices.Sorted(slices.Values(g)), slices.Sorted(slices.Values(w))) {
				t.Errorf("logs differ:\n%s\nexpected\n%s", strings.Join(g, "\n"), strings.Join(w, "\n"))
			}
		})
	}
}

// An experiment that cannot make its model leaves no trace that would keep the
// corrected command from running.
func TestModelThatCannotBeMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	o := runToy(t.Context(), nil, "-out", dir, "-data", filepath.Join(dir, "missing"))
	if o.status != exitFailed || !strings.Contains(o.stderr, "missing: no such file") {
		t.Errorf("status %d, standard error %q", o.status, o.stderr)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there (%v)", err)
	}
	mustRun(t, nil, "-out", dir)
}
