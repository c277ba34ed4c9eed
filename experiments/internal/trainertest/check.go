package trainertest

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// Reproduces trains on one processor, on two, and with steps that are computed
// again for the reverse pass. The results must be the same, bit for bit.
func (r Runner) Reproduces(t *testing.T, args ...string) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := r.Train(t, args...)
	runtime.GOMAXPROCS(2)
	if two := r.Train(t, args...); !reflect.DeepEqual(one, two) {
		t.Errorf("%v: one processor %+v, two %+v", args, one, two)
	}
	again := r.Train(t, append(args[:len(args):len(args)], "-memory", "checkpoint")...)
	if !reflect.DeepEqual(one.Runs, again.Runs) {
		t.Errorf("%v: stored %+v, checkpointed %+v", args, one.Runs, again.Runs)
	}
}

// InlineAgrees compares called steps with written-out ones, in float64.
func (r Runner) InlineAgrees(t *testing.T, args ...string) {
	t.Helper()
	args = append(args[:len(args):len(args)], "-dtype", "float64")
	called := r.Train(t, args...).Runs
	for i, inline := range r.Train(t, append(args, "-mode", "inline")...).Runs {
		for j, e := range inline.Epochs {
			c := called[i].Epochs[j]
			if e.NFE != c.NFE || !(math.Abs(e.TrainLoss-c.TrainLoss) <= 1e-8*c.TrainLoss) {
				t.Errorf("%s, epoch %d: called %+v, inline %+v", inline.Variant, e.Epoch, c, e)
			}
		}
	}
}

// Benches measures three iterations.
func (r Runner) Benches(t *testing.T, args ...string) {
	t.Helper()
	status, stdout, stderr := r.Run(t, append(args[:len(args):len(args)], "-bench", "3")...)
	if status != 0 {
		t.Fatalf("%v: exit status %d: %s", args, status, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 3 {
		t.Fatalf("%v: %d lines, expected 3:\n%s", args, len(lines), stdout)
	}
	for i, l := range lines {
		var v map[string]float64
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatalf("line %s: %v", l, err)
		}
		for _, k := range []string{"iter", "nfe", "loss", "graph_s", "forward_s", "backward_s", "optimizer_s", "total_s", "predict_s", "peak_rss_mb"} {
			if _, ok := v[k]; !ok {
				t.Errorf("line %s lacks %s", l, k)
			}
		}
		if v["iter"] != float64(i+1) || !(v["nfe"] > 0) || !(v["loss"] > 0) {
			t.Errorf("line %d is %s", i+1, l)
		}
	}
}

// Bad is a command line that must fail.
type Bad struct {
	Args   []string
	Status int    // 2 if the command line itself is wrong, 1 otherwise
	Want   string // text that the message must hold
}

// Refuses runs what must fail: with the status, a message that says why, and
// nothing left behind if the command line is wrong.
func (r Runner) Refuses(t *testing.T, bad ...Bad) {
	t.Helper()
	for _, b := range bad {
		out := filepath.Join(t.TempDir(), "out")
		status, stdout, stderr := r.Run(t, append([]string{"-out", out}, b.Args...)...)
		if status != b.Status || !strings.Contains(stderr, b.Want) {
			t.Errorf("%v: exit status %d, message %q, expected %d and %q in it", b.Args, status, stderr, b.Status, b.Want)
		}
		if strings.Contains(stdout+stderr, "goroutine") {
			t.Errorf("%v: panicked: %s", b.Args, stderr)
		}
		if b.Status != 2 {
			continue
		}
		if _, err := os.Stat(out); err == nil || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: standard output %q, standard error %q, folder %v, expected one line and no folder", b.Args, stdout, stderr, err)
		}
	}
}
