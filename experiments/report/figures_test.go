package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// atFullSize is the fixture with as many epochs as the paper's preset has.
func atFullSize() trainer.Results {
	r := fixture(list{"vanilla", "ernode", "srnode"}, []uint64{1})
	r.Preset, r.Flags = "paper", []string{"-data", "x", "-epochs", "75"}
	r.Config.Preset, r.Config.Data, r.Config.Epochs = "paper", "x", paper.Table1.Epochs
	for i, run := range r.Runs {
		r.Runs[i] = fixtureRun(run.Variant, run.Seed, paper.Table1.Epochs)
	}
	return r
}

// ours are the names of discs.
func ours(f figure.Figure) []string {
	var names []string
	for _, p := range f.Panels {
		for _, s := range p.Series {
			if s.Marks == figure.Discs {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// Only runs at full size stand beside the paper's numbers.
func TestSpeedupFigureIsAtFullSize(t *testing.T) {
	for what, test := range map[string]struct {
		change func(*trainer.Results)
		drawn  bool
	}{
		"full size":     {func(*trainer.Results) {}, true},
		"quick preset":  {func(r *trainer.Results) { r.Preset, r.Config.Preset = "quick", "quick" }, false},
		"embedded data": {func(r *trainer.Results) { r.Config.Data = "" }, false},
		"one flag more": {func(r *trainer.Results) { r.Flags = append(r.Flags, "-limit", "300") }, false},
		"one epoch": {func(r *trainer.Results) {
			r.Config.Epochs = 1
			for i, run := range r.Runs {
				r.Runs[i] = fixtureRun(run.Variant, run.Seed, 1)
			}
		}, false},
	} {
		r := atFullSize()
		test.change(&r)
		f, notes := speedupFigure(merge(sourcesOf(r)))
		if got := ours(f); slices.Equal(got, []string{"srnode", "ernode"}) != test.drawn || !test.drawn && len(got) > 0 {
			t.Errorf("%s: drawn %q", what, got)
		}
		if said := strings.Contains(join(notes, "\n"), "Table 1, mnist_node: no finished run"); said == test.drawn {
			t.Errorf("%s: notes %q", what, notes)
		}
		if len(f.Panels) != 4 || len(f.Panels[0].Series) < 8 {
			t.Errorf("%s: %d panels, expected all tables of the paper", what, len(f.Panels))
		}
	}
}

// A speedup that its spread covers is not in the figure, which is said.
func TestSpeedupFigureWithoutRatios(t *testing.T) {
	r := atFullSize()
	for i, run := range r.Runs {
		if run.Variant == "srnode" {
			r.Runs[i].Final.PredictMax = 10
		}
	}
	f, notes := speedupFigure(merge(sourcesOf(r)))
	if got := ours(f); !slices.Equal(got, []string{"ernode"}) {
		t.Errorf("drawn %q, expected ernode", got)
	}
	if want := "Table 1, mnist_node: srnode not drawn, in spread."; notes[0] != want {
		t.Errorf("note %q, expected %q", notes[0], want)
	}
}
