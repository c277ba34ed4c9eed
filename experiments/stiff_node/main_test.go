package main

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/internal/trainertest"
	"github.com/regnde/regnde/experiments/networks/robertson"
	"github.com/regnde/regnde/integrators"
)

// small has few epochs, a loose tolerance and an explicit method that gives up soon, and
// but for one test no pictures.
var small, drawn = runner(experiment, nil), runner(experiment, fit)

func runner(e trainer.Experiment, fit func(trainer.Model, trainer.Variant) ([]figure.Panel, error)) trainertest.Runner {
	e.Fit = fit
	e.Quick.Params = map[string]float64{explicitAttempts: 200}
	return trainertest.Runner{Experiment: e, Flags: []string{"-epochs", "2", "-tol", "1e-3", "-variants", "vanilla"}}
}

// measured returns a measurement of a run.
func measured(t *testing.T, e *trainer.Epoch, name string) float64 {
	t.Helper()
	for _, m := range e.Measurements {
		if m.Name == name {
			return m.Value
		}
	}
	t.Fatalf("no %s among %v", name, e.Measurements)
	return 0
}

// TestRecoversTheRates: from observations without noise, the three rates are found to
// one percent, which begin up to a factor of five away. The explicit method does not
// get far with them.
func TestRecoversTheRates(t *testing.T) {
	r := small.Train(t, "-problem", "robertson-rates", "-epochs", "30", "-tol", "1e-4")
	for _, run := range r.Runs {
		for i, name := range []string{"k₁", "k₂", "k₃"} {
			first, last := measured(t, &run.Epochs[0], name), measured(t, run.Final, name)
			if e := math.Abs(last/robertson.Rates()[i] - 1); !(e < 0.01) {
				t.Errorf("seed %d: %s = %v, expected %v: %.2g off", run.Seed, name, last, robertson.Rates()[i], e)
			}
			if first == last {
				t.Errorf("seed %d: %s is not learnt", run.Seed, name)
			}
		}
		if reach := measured(t, run.Final, "reach of tsit5 (s)"); !(reach > 0 && reach < 1) {
			t.Errorf("seed %d: 200 attempts of Tsit5 reach %v s", run.Seed, reach)
		}
		if nfe := measured(t, run.Final, "NFE of the switch"); !(nfe < 2000) {
			t.Errorf("seed %d: the switch takes %v evaluations", run.Seed, nfe)
		}
	}
}

// TestNetworkLearns trains variants for a few epochs: the loss of the baseline falls, the
// others have less of the stiffness that they are penalized for, and every variant does
// something of its own.
func TestNetworkLearns(t *testing.T) {
	r := small.Train(t, "-epochs", "10", "-variants", "vanilla,srnode,srnode+ernode")
	baseline := r.Runs[0]
	if first, last := baseline.Epochs[0].TestLoss, baseline.Final.TestLoss; !(last < 0.9*first) {
		t.Errorf("loss %v after the first epoch, %v after the last", first, last)
	}
	losses := map[float64]trainer.Variant{}
	for _, run := range r.Runs {
		if other, ok := losses[run.Final.TrainLoss]; ok {
			t.Errorf("%s and %s have the same loss %v", run.Variant, other, run.Final.TrainLoss)
		}
		losses[run.Final.TrainLoss] = run.Variant
		if run.Variant.Has(trainer.SRNODE) && !(run.Final.RegStiff < baseline.Final.RegStiff/2) {
			t.Errorf("%s: R_S = %v, %v without the penalty", run.Variant, run.Final.RegStiff, baseline.Final.RegStiff)
		}
	}
}

func TestWritesAll(t *testing.T) {
	dir := t.TempDir()
	drawn.TrainIn(t, dir, "-trace", "-method", "autotsit5-rosenbrock23", "-problem", "robertson-rates", "-noise", "0.01", "-clock", "seconds")
	trainertest.Written(t, dir, "fit.png", "fit.svg", "trace.png", "trace.csv", "nfe.png", "loss.png", "table.md", "log.csv")
	trace, err := os.ReadFile(filepath.Join(dir, "trace.csv"))
	if err != nil || !strings.Contains(string(trace), "true,true\n") {
		t.Errorf("no stiff step in the trace, error %v", err)
	}
}

func TestReproduces(t *testing.T) {
	small.Reproduces(t, "-variants", "srnode+ernode", "-noise", "0.05")
}

func TestResumes(t *testing.T) { small.Resumes(t, 15, "-variants", "srnode", "-clock", "seconds") }

func TestStopsWithinASolve(t *testing.T) { small.StopsWithinASolve(t, 100) }

func TestRefusesRanks(t *testing.T) { small.RefusesRanks(t) }

func TestBench(t *testing.T) { small.Benches(t) }

func TestBadInput(t *testing.T) {
	small.Refuses(t,
		trainertest.Bad{Args: []string{"-variants", "kinetic"}, Status: 2, Want: "kinetic"},
		trainertest.Bad{Args: []string{"-problem", "pollu"}, Status: 2, Want: "expected robertson-network or robertson-rates"},
		trainertest.Bad{Args: []string{"-noise", "2"}, Status: 2, Want: "-noise"},
		trainertest.Bad{Args: []string{"-batch", "1"}, Status: 2, Want: "not defined: -batch"},
		trainertest.Bad{Args: []string{"-method", "euler"}, Status: 2, Want: "Euler"},
		trainertest.Bad{Args: []string{"-method", "kvaerno5"}, Status: 2, Want: "rodas5p"},
		trainertest.Bad{Args: []string{"-lr", "1e200"}, Status: 1, Want: "epoch 1"},
	)
}

// TestComparesMethods: a method of higher order is more accurate for its evaluations at
// a tight tolerance, one that gives up has no error but a reason, and a table is not
// written over.
func TestComparesMethods(t *testing.T) {
	if testing.Short() {
		t.Skip("solves to a tight tolerance")
	}
	dir := filepath.Join(t.TempDir(), "out")
	args := []string{"-problem", "robertson", "-methods", "rosenbrock23,autotsit5-rodas5p", "-tols", "1e-4,1e-6", "-out", dir}
	var out bytes.Buffer
	if status := comparePrecision(args, &out, &out); status != 0 {
		t.Fatalf("exit status %d: %s", status, &out)
	}
	trainertest.Written(t, dir, "work-precision.csv", "work-precision.png", "work-precision.svg")
	table, err := os.ReadFile(filepath.Join(dir, "work-precision.csv"))
	if err != nil || string(table) != out.String() || strings.Count(out.String(), "\n") != 5 {
		t.Errorf("table\n%s, error %v, expected what was printed\n%s", table, err, &out)
	}
	out.Reset()
	if status := comparePrecision(args, &out, &out); status != 1 || !strings.Contains(out.String(), "there already") {
		t.Errorf("once more: exit status %d: %s", status, &out)
	}
}

// TestPrecisionOfNoFolder: where nothing can be written, nothing is solved.
func TestPrecisionOfNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var out, problem bytes.Buffer
	if status := comparePrecision([]string{"-out", file}, &out, &problem); status != 1 || out.Len() > 0 || !strings.Contains(problem.String(), "-out") {
		t.Errorf("exit status %d, %q, %q, expected 1 and a message at once", status, &out, &problem)
	}
}

func TestPrecisionImproves(t *testing.T) {
	if testing.Short() {
		t.Skip("solves to a tight tolerance")
	}
	p, err := problemNamed("van-der-pol")
	if err != nil {
		t.Fatal(err)
	}
	points, err := workPrecision(p, []string{"rosenbrock23", "rodas5p"}, []float64{1e-3, 1e-5}, func(point) {})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(points); i += 2 {
		loose, tight := points[i], points[i+1]
		if !(tight.relativeError < loose.relativeError/5 && tight.stats.NFE > loose.stats.NFE) {
			t.Errorf("%s: errors %v and %v in %d and %d evaluations", loose.method, loose.relativeError, tight.relativeError, loose.stats.NFE, tight.stats.NFE)
		}
	}
	if r23, r5 := points[1], points[3]; !(r5.relativeError < r23.relativeError) {
		t.Errorf("at 1e-5 errors %v of order 2 and %v of order 5", r23.relativeError, r5.relativeError)
	}
}

// TestFailureIsALine: what does not come to the end stands in the table with the reason,
// and draws nothing.
func TestFailureIsALine(t *testing.T) {
	p := stiffProblem{"short", vanDerPol(1e9), []float64{2, 0}, 1e9}
	q := point{method: "tsit5", tol: 1e-3, relativeError: math.NaN()}
	if _, _, q.failure = p.solve(integrators.Tsit5, 1e-3, 100); q.failure == nil {
		t.Fatal("no failure")
	}
	if line := q.line(p.name); strings.Count(line, ",") != strings.Count(precisionHeader, ",") || !strings.Contains(line, "too many steps") {
		t.Errorf("line %q", line)
	}
}

func TestBadComparisons(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-problem", "pollu"}, "van-der-pol or robertson"},
		{[]string{"-methods", "rodas5p,euler"}, "Euler"},
		{[]string{"-methods", ""}, "rodas5p"},
		{[]string{"-tols", "1e-3,0"}, "between 0 and 1"},
		{[]string{"-tols", "x"}, "between 0 and 1"},
		{[]string{"-out", ""}, "expected a folder"},
		{[]string{"more"}, "unexpected"},
		{[]string{"-seeds", "1"}, "not defined"},
	} {
		var out bytes.Buffer
		if status := comparePrecision(tt.args, io.Discard, &out); status != 2 || !strings.Contains(out.String(), tt.want) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%v: exit status %d: %q, expected 2 and one line with %q", tt.args, status, &out, tt.want)
		}
	}
	var help bytes.Buffer
	if status := comparePrecision([]string{"-help"}, &help, io.Discard); status != 0 || !strings.Contains(help.String(), "autotsit5-rodas5p") {
		t.Errorf("-help: exit status %d: %s", status, &help)
	}
}
