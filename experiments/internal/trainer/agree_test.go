package trainer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRanksDisagree: ranks that were not started to train the same end before they
// train or write, whichever differs. What concerns rank 0 alone may differ.
func TestRanksDisagree(t *testing.T) {
	other := func(e *Experiment) { e.Name = "other" }
	for name, tt := range map[string]struct {
		odd  member
		want string
	}{
		"a flag that is wrong": {member{args: []string{"-nonesuch"}}, "flag provided but not defined: -nonesuch"},
		"help":                 {member{args: []string{"-help"}}, "help requested"},
		"tolerance":            {member{args: []string{"-tol", "1e-3"}}, "another configuration than rank 0"},
		"epochs":               {member{args: []string{"-epochs", "9"}}, "another configuration than rank 0"},
		"fewer runs":           {member{args: []string{"-variants", "vanilla"}}, "another configuration than rank 0"},
		"flags that exclude":   {member{args: []string{"-bench", "3"}}, "-bench and -out exclude each other"},
		"experiment":           {member{exp: other}, "rank 1 has another program than rank 0"},
	} {
		for rank := range 2 {
			t.Run(fmt.Sprintf("%s of rank %d", name, rank), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "out")
				all := runRanks(t, 2, map[int]member{rank: tt.odd}, args(dir)...)
				for r, o := range all {
					if o.status != exitUsage && !(name == "help" && r == rank) {
						t.Errorf("rank %d: status %d, expected %d", r, o.status, exitUsage)
					}
				}
				if text := all[0].stderr; !strings.Contains(text, tt.want) && !(name == "help" && rank == 0) {
					t.Errorf("standard error %q, expected %q in it", text, tt.want)
				}
				if _, err := os.Stat(dir); err == nil {
					t.Error("ranks that differ left a results folder")
				}
			})
		}
	}
	quiet := runRanks(t, 2, map[int]member{0: {args: []string{"-quiet", "-tensorboard"}}}, args(t.TempDir())...)
	if quiet[0].status != exitOK || quiet[1].status != exitOK {
		t.Errorf("statuses %d and %d, expected %d: %s", quiet[0].status, quiet[1].status, exitOK, quiet[0].stderr)
	}
}

// TestRanksHaveOtherData: ranks with training sets of other sizes end before they train.
func TestRanksHaveOtherData(t *testing.T) {
	all := runRanks(t, 2, map[int]member{1: {exp: func(e *Experiment) {
		create := e.New
		e.New = func(cfg Config, v Variant, seed uint64) (Model, error) {
			m, err := create(cfg, v, seed)
			return smaller{m}, err
		}
	}}}, args(t.TempDir())...)
	if want := "rank 1 has 3 training examples, expected the"; all[0].status != exitFailed || all[1].status != exitFailed || !strings.Contains(all[0].stderr, want) {
		t.Errorf("statuses %d and %d, standard error %q, expected %d and %q in it", all[0].status, all[1].status, all[0].stderr, exitFailed, want)
	}
}

// smaller is a model with three training examples.
type smaller struct{ Model }

func (smaller) Examples() int { return 3 }

// TestRanksDiffer: ranks whose models are not the same end before they train.
func TestRanksDiffer(t *testing.T) {
	heavier := func(e *Experiment) {
		create := e.New
		e.New = func(cfg Config, v Variant, seed uint64) (Model, error) {
			m, err := create(cfg, v, seed)
			m.(*logistic).w.Data().([]float64)[0] += 0x1p-50
			return m, err
		}
	}
	all := runRanks(t, 3, map[int]member{2: {exp: heavier}}, args(t.TempDir())...)
	for r, o := range all {
		if o.status != exitFailed {
			t.Errorf("rank %d: status %d, expected %d", r, o.status, exitFailed)
		}
	}
	if want := "rank 2 has another model than rank 0"; !strings.Contains(all[0].stderr, want) {
		t.Errorf("standard error %q, expected %q in it", all[0].stderr, want)
	}
}
