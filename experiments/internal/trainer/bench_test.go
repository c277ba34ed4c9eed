package trainer

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestBench(t *testing.T) {
	t.Chdir(t.TempDir())
	var seen []int
	h := &hooks{iterate: func(id runID, it Iteration, _ *Result) error {
		if id != (runID{"ernode", 5}) {
			t.Errorf("iteration of %s, expected the first variant and seed", id)
		}
		seen = append(seen, it.Number, it.Epoch)
		return nil
	}}
	o := runToy(t.Context(), h, "-bench", "4", "-variants", "ernode,vanilla", "-seeds", "5,6")
	if o.status != exitOK || o.stderr != "" {
		t.Fatalf("status %d, standard error %q", o.status, o.stderr)
	}
	if want := []int{1, 1, 2, 1, 3, 1, 4, 2}; !slices.Equal(seen, want) {
		t.Errorf("iterations and epochs %v, expected %v", seen, want)
	}
	fields := []string{"iter", "nfe", "loss", "reg_error", "reg_stiff", "graph_s", "forward_s", "backward_s", "optimizer_s", "total_s", "predict_s", "peak_rss_mb"}
	n := 0
	for lines := bufio.NewScanner(strings.NewReader(o.stdout)); lines.Scan(); n++ {
		var line map[string]float64
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
		for _, f := range fields {
			if _, ok := line[f]; !ok {
				t.Errorf("line %q lacks %s", lines.Text(), f)
			}
		}
		if len(line) != len(fields) {
			t.Errorf("line %q has %d fields, expected %d", lines.Text(), len(line), len(fields))
		}
		if line["iter"] != float64(n+1) || line["graph_s"] != 0.001 || line["forward_s"] != 0.002 || line["backward_s"] != 0.003 ||
			!(line["optimizer_s"] > 0) || line["predict_s"] != 0.005 || line["peak_rss_mb"] < 1 || line["nfe"] < 60 {
			t.Errorf("line %q", lines.Text())
		}
	}
	if n != 4 {
		t.Errorf("%d lines, expected 4", n)
	}
	if files := names(t, "."); len(files) > 0 {
		t.Errorf("it wrote %v", files)
	}
}

// What is measured is what is trained.
func TestBenchIsTheFirstIterationsOfTraining(t *testing.T) {
	dir := t.TempDir()
	losses := func(args ...string) (l []float64) {
		mustRun(t, &hooks{iterate: func(_ runID, _ Iteration, r *Result) error {
			l = append(l, r.Loss)
			return nil
		}}, append(args, "-variants", "steer")...)
		return l
	}
	if b, tr := losses("-bench", "5"), losses("-out", dir)[:5]; !slices.Equal(b, tr) {
		t.Errorf("losses %v, expected %v", b, tr)
	}
}

func TestBenchFailure(t *testing.T) {
	o := runToy(t.Context(), after(2, func() {}), "-bench", "1", "-data", "missing")
	if o.status != exitFailed || o.stdout != "" {
		t.Errorf("status %d, standard output %q", o.status, o.stdout)
	}
	h := &hooks{iterate: func(_ runID, it Iteration, _ *Result) error {
		if it.Number == 2 {
			return os.ErrInvalid
		}
		return nil
	}}
	o = runToy(t.Context(), h, "-bench", "3")
	if want := "toy: vanilla, seed 1, epoch 1, iteration 2: invalid argument\n"; o.status != exitFailed || o.stderr != want || strings.Count(o.stdout, "\n") != 1 {
		t.Errorf("status %d, standard error %q, expected %q, standard output %q", o.status, o.stderr, want, o.stdout)
	}
}

func TestBenchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := runToy(ctx, after(2, cancel), "-bench", "100")
	if o.status != exitInterrupted || strings.Count(o.stdout, "\n") != 1 { // the second prediction is not made
		t.Errorf("status %d, expected %d; standard output %q", o.status, exitInterrupted, o.stdout)
	}
}

func TestHighWater(t *testing.T) {
	kb, ok := highWater("Name:\ttoy\nVmPeak:\t  900 kB\nVmHWM:\t  123456 kB\nVmRSS:\t  100 kB\n")
	if !ok || kb != 123456 {
		t.Errorf("%v, %v, expected 123456", kb, ok)
	}
	for _, status := range []string{"", "VmPeak:\t 900 kB\n", "VmHWM:\t many kB\n"} {
		if kb, ok := highWater(status); ok {
			t.Errorf("%q: %v, expected nothing", status, kb)
		}
	}
}
