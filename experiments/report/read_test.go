package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

func TestParse(t *testing.T) {
	want := fixture(list{"vanilla", "ernode"}, []uint64{1, 2})
	want.Runs[3] = trainer.Run{Variant: "ernode", Seed: 2, Epochs: []trainer.Epoch{}, Error: "epoch 1: lost"}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := trainer.ParseResults(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v, error %v, expected\n%+v", got, err, want)
	}
}

// TestDamaged: whatever is not as the trainer writes it is an error that says
// what, not a number in a table.
func TestDamaged(t *testing.T) {
	text, err := json.Marshal(fixture(list{"vanilla", "ernode"}, []uint64{1, 2}))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ old, new, want string }{
		{"", "", ""},
		{`{"experiment"`, `"experiment"`, "cannot unmarshal"},
		{`"machine"`, `"computer"`, "computer"},
		{`"tol":`, `"tolerance":`, "tolerance"},
		{`"mnist_node"`, `""`, "no name of an experiment"},
		{`"mnist_node"`, `"<script>"`, "no name of an experiment"},
		{`"preset":"quick"`, `"preset":"<script>alert(1)</script>"`, "in the configuration, expected a name"},
		{`"preset":"quick"`, `"preset":"` + strings.Repeat("x", 2_000_000) + `"`, "in the configuration, expected a name"},
		{`"method":"tsit5"`, `"method":"a|b"`, "in the configuration, expected a name"},
		{`"dtype":"float64"`, `"dtype":"<b>"`, "in the configuration, expected a name"},
		{`"memory":"store"`, `"memory":"<b>"`, "in the configuration, expected a name"},
		{`"mode":"called"`, `"mode":"<b>"`, "in the configuration, expected a name"},
		{`"data":""`, `"data":"","options":{"arch":"<b>"}`, "in the configuration, expected a name"},
		{`"data":""`, `"data":"","ranks":1`, "1 ranks, expected at least two"},
		{`"nfe":112`, `"train_nfe":{"largest":9,"mean":10},"nfe":112`, "expected a number up to the largest 9"},
		{`"variants":["vanilla"`, `"variants":["a b"`, `"a b"`},
		{`"epochs":2,`, `"epochs":0,`, "0 epochs"},
		{`"epochs":2,`, `"epochs":1,`, "2 epochs, expected at most 1"},
		{`"seeds":[1,2]`, `"seeds":[]`, "0 seeds"},
		{`"seeds":[1,2]`, `"seeds":[1]`, "seed 2, which the configuration lacks"},
		{`"variant":"ernode"`, `"variant":"vanilla"`, "two runs of vanilla, seed 1"},
		{`"variant":"ernode"`, `"variant":"steer"`, "steer"},
		{`"epoch":1,`, `"epoch":2,`, "epoch 2 in place 1"},
		{`"epoch":1,`, `"epoch":1.5,`, "1.5"},
		{`"nfe":112`, `"nfe":-112`, "-112 evaluations"},
		{`"nfe":112`, `"nfe":"many"`, "nfe"},
		{`"train_accuracy":91`, `"train_accuracy":191`, "accuracy 191"},
		{`"train_accuracy":91`, `"train_accuracy":null`, "one accuracy"},
		{`"train_seconds":36`, `"train_seconds":-36`, "-36 s"},
		{`"predict_seconds_min":0.45`, `"predict_seconds_min":0.55`, "s of prediction, expected a number from the least"},
		{`"train_seconds":72`, `"train_seconds":73`, "73 s of training in the final record"},
		{`"final":{"epoch":2`, `"final":{"epoch":1`, "not that of the last epoch"},
		{`"final":`, `"last":`, "last"},
	} {
		damaged := strings.Replace(string(text), tt.old, tt.new, 1)
		if tt.old != "" && damaged == string(text) {
			t.Fatalf("%s is not in the results", tt.old)
		}
		if tt.old == "" {
			damaged = damaged[:len(damaged)-1]
			tt.want = "unexpected EOF"
		}
		if _, err := trainer.ParseResults([]byte(damaged)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s for %s: error %v, expected %q", tt.new, tt.old, err, tt.want)
		}
	}
	if _, err := trainer.ParseResults(append(text, "{}"...)); err == nil {
		t.Error("two values in a file")
	}
}

// FuzzParse reads anything without panicking, and tables can be made of what it
// accepts.
func FuzzParse(f *testing.F) {
	r := fixture(list{"vanilla", "ernode"}, []uint64{1, 2})
	for _, change := range []func(){
		func() {},
		func() { r.Runs[0] = trainer.Run{Variant: "vanilla", Seed: 1, Epochs: []trainer.Epoch{}, Error: "lost"} },
		func() { r.Experiment = "mine" },
		func() { r.Flags = nil },
		func() { r.Runs = nil },
	} {
		change()
		text, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := trainer.ParseResults(text)
		if err != nil {
			return
		}
		sources := []*source{{path: "none/results.json", Results: r}}
		for _, g := range merge(sources) {
			newPlanner(sources).missing(g)
			g.resultTable()
			g.speedupTable()
			g.trainingFigure()
		}
	})
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"b/deep/er", "a", "c"} {
		writeText(t, filepath.Join(dir, sub), resultsFile, "")
		writeText(t, filepath.Join(dir, sub), "other.json", "")
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "c"), link); err != nil {
		t.Skip(err)
	}
	got, err := find([]string{filepath.Join(dir, "b"), dir, filepath.Join(dir, "a"), link})
	want := []string{filepath.Join(dir, "b/deep/er", resultsFile), filepath.Join(dir, "a", resultsFile), filepath.Join(dir, "c", resultsFile)}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("found %q, error %v, expected %q", got, err, want)
	}
	if got, err := find([]string{link}); err != nil || len(got) != 1 {
		t.Errorf("found %q through a symbolic link, error %v", got, err)
	}
	for _, tt := range [][]string{{filepath.Join(dir, "none")}, {t.TempDir()}} {
		if _, err := find(tt); err == nil || !strings.Contains(err.Error(), tt[0]) {
			t.Errorf("%q: error %v, expected one that names it", tt, err)
		}
	}
}
