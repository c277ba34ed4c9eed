package trainertest

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// Traces reads trace.csv in a folder. There must be two solves of every run, in
// steps that follow one another, and the one after training must be that of the
// results.
func Traces(t *testing.T, dir string) []trainer.Trace {
	t.Helper()
	traces, err := trainer.ReadTraces(filepath.Join(dir, "trace.csv"))
	if err != nil {
		t.Fatal(err)
	}
	runs := Results(t, dir).Runs
	if len(traces) != 2*len(runs) {
		t.Fatalf("%d traces of %d runs, expected two each", len(traces), len(runs))
	}
	for i, tr := range traces {
		run := runs[i/2]
		if tr.Variant != run.Variant || tr.Seed != run.Seed || tr.Trained != (i%2 == 1) {
			t.Errorf("trace %d is of %s, seed %d, trained %v", i, tr.Variant, tr.Seed, tr.Trained)
		}
		end, accepted := 0.0, 0
		for _, s := range tr.Steps {
			if math.Abs(s.T-end) > 1e-12 || !(s.H > 0) {
				t.Fatalf("%s: step from %v by %v, expected one from %v", tr.Variant, s.T, s.H, end)
			}
			if s.Accepted {
				end = s.T + s.H
				accepted++
			}
		}
		if tr.Trained && (accepted != run.Final.Accepted || len(tr.Steps)-accepted != run.Final.Rejected) {
			t.Errorf("%s: trace of %d steps, %d of them accepted, the results have %d accepted and %d rejected",
				tr.Variant, len(tr.Steps), accepted, run.Final.Accepted, run.Final.Rejected)
		}
	}
	return traces
}
