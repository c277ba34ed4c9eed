package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// TestMerge: what was run apart, with other folders of data, is one table.
func TestMerge(t *testing.T) {
	a, b, c := fixture(list{"vanilla", "ernode"}, []uint64{1}), fixture(list{"ernode"}, []uint64{2}), fixture(list{"vanilla"}, []uint64{2})
	a.Config.Data, b.Config.Data, c.Config.Data = "/one", "/other", "/third"
	groups := merge(sourcesOf(a, b, c))
	if len(groups) != 1 || len(groups[0].rows) != 2 || len(groups[0].notes) != 0 {
		t.Fatalf("%d groups, expected one of two rows", len(groups))
	}
	for i, want := range []struct {
		label string
		nfe   []float64
	}{{"vanilla", []float64{122, 124}}, {"ernode", []float64{61, 62}}} {
		r := groups[0].rows[i]
		if r.label != want.label || !slices.Equal(r.values(paper.NFE), want.nfe) || !slices.Equal(r.seeds(), []uint64{1, 2}) {
			t.Errorf("row %q of seeds %v has %v evaluations, expected %+v of seeds 1, 2", r.label, r.seeds(), r.values(paper.NFE), want)
		}
	}
	res := groups[0].results()
	if len(res.Runs) != 4 || !slices.Equal(res.Config.Seeds, []uint64{1, 2}) || !slices.Equal(res.Config.Variants, list{"vanilla", "ernode"}) {
		t.Errorf("%d runs of %v, seeds %v", len(res.Runs), res.Config.Variants, res.Config.Seeds)
	}
}

// TestConfigurationsStayApart: whatever decides the outcome of a run keeps it from
// being averaged with others, and nothing else does.
func TestConfigurationsStayApart(t *testing.T) {
	for _, tt := range []struct {
		what         string
		change       func(*trainer.Config)
		groups, rows int // of vanilla and ernode
	}{
		{"nothing", func(c *trainer.Config) {}, 1, 2},
		{"preset", func(c *trainer.Config) { c.Preset = "paper" }, 1, 2},
		{"epochs", func(c *trainer.Config) { c.Epochs = 3 }, 2, 2},
		{"batch", func(c *trainer.Config) { c.Batch = 512 }, 2, 2},
		{"limit", func(c *trainer.Config) { c.Limit = 10 }, 2, 2},
		{"learning rate", func(c *trainer.Config) { c.LearnRate = 1 }, 2, 2},
		{"tolerance", func(c *trainer.Config) { c.Tol = 1e-3 }, 2, 2},
		{"method", func(c *trainer.Config) { c.Method = "bs3" }, 2, 2},
		{"dtype", func(c *trainer.Config) { c.Dtype = "float32" }, 2, 2},
		{"estimate", func(c *trainer.Config) { c.Estimate = "state" }, 2, 2},
		{"memory", func(c *trainer.Config) { c.Memory = "checkpoint" }, 2, 2},
		{"data or the part in the binary", func(c *trainer.Config) { c.Data = "DIR" }, 2, 2},
		{"parameters", func(c *trainer.Config) { c.Params = map[string]float64{"hidden": 3} }, 2, 2},
		{"options", func(c *trainer.Config) { c.Options = map[string]string{"architecture": "x"} }, 2, 2},
		{"ranks", func(c *trainer.Config) { c.Ranks = 2 }, 2, 2},
		{"weight of ernode", func(c *trainer.Config) {
			c.PerVariant = map[trainer.Variant]trainer.Weights{"ernode": {LambdaError: 50, LambdaErrorDecay: 0.1}}
		}, 1, 3},
		{"annealing of ernode", func(c *trainer.Config) {
			c.PerVariant = map[trainer.Variant]trainer.Weights{"ernode": {LambdaError: 100, LambdaErrorDecay: 1}}
		}, 1, 3},
		{"method of ernode", func(c *trainer.Config) { c.Methods = map[trainer.Variant]string{"ernode": "bs3"} }, 1, 3},
		{"weights of others", func(c *trainer.Config) {
			c.Weights = trainer.Weights{LambdaError: 7, LambdaErrorDecay: 1, LambdaStiff: 8}
		}, 1, 2},
		{"Taylor weight and batch without taynode", func(c *trainer.Config) {
			c.TaylorOrder, c.LambdaTaylor, c.Batches = 3, 1, map[string]int{"taynode": 10}
		}, 1, 2},
		{"batch of ernode", func(c *trainer.Config) { c.Batches = map[string]int{"ernode": 10} }, 1, 3},
		{"steer's width without steer", func(c *trainer.Config) { c.SteerB = 0.25 }, 1, 2},
	} {
		a, b := fixture(list{"vanilla", "ernode"}, []uint64{1}), fixture(list{"vanilla", "ernode"}, []uint64{2})
		tt.change(&b.Config)
		groups := merge(sourcesOf(a, b))
		if len(groups) != tt.groups || len(groups[0].rows) != tt.rows {
			t.Errorf("%s: %d groups, the first of %d rows, expected %d of %d", tt.what, len(groups), len(groups[0].rows), tt.groups, tt.rows)
			continue
		}
		if tt.rows == 3 {
			labels := []string{groups[0].rows[1].label, groups[0].rows[2].label}
			if labels[0] == labels[1] || !strings.HasPrefix(labels[0], "ernode (tsit5, λ_E 100 to 10") {
				t.Errorf("%s: labels %q", tt.what, labels)
			}
			for _, r := range groups[0].rows[1:] {
				if len(r.seeds()) != 1 {
					t.Errorf("%s: %s has seeds %v", tt.what, r.label, r.seeds())
				}
			}
		}
	}
	c := trainer.Config{
		Method: "tsit5", Batch: 512, Batches: map[string]int{"taynode": 100}, TaylorOrder: 3, CommonWeights: trainer.CommonWeights{LambdaTaylor: 0.5},
		SteerB: 0.25, Weights: trainer.Weights{LambdaError: 2, LambdaErrorDecay: 1, LambdaStiff: 3},
	}
	for v, want := range map[trainer.Variant]string{
		"vanilla": "tsit5", "taynode": "tsit5, λ_3 0.5, batch 100", "steer": "tsit5, b 0.25",
		"srnode+ernode": "tsit5, λ_E 2, λ_S 3", "ernsde": "tsit5, λ_E 2", "steer+taynode": "tsit5, λ_3 0.5, batch 100, b 0.25",
	} {
		if got := describeOwn(ownOf(c, v)); got != want {
			t.Errorf("%s has %q of its own, expected %q", v, got, want)
		}
	}
	if o := ownOf(trainer.Config{SteerB: 0.5, Weights: trainer.Weights{LambdaStiff: 2}}, "steer+srnode"); o.SteerB != 0.5 || o.LambdaStiff != 2 {
		t.Errorf("steer+srnode has %+v of its own", o)
	}
	if o := ownOf(trainer.Config{SteerB: 0.5, Weights: trainer.Weights{LambdaError: 2}}, "mine"); o.SteerB != 0.5 || o.LambdaError != 2 {
		t.Errorf("an unknown variant has %+v of its own, expected everything", o)
	}
}

// TestTwice: of two runs with one seed the one that has come further counts, else
// the first, and a note says so.
func TestTwice(t *testing.T) {
	base := fixture(list{"vanilla"}, []uint64{1})
	slower, other, part := fixture(list{"vanilla"}, []uint64{1}), fixture(list{"vanilla"}, []uint64{1}), fixture(list{"vanilla"}, []uint64{1})
	slower.Runs[0].Final.PredictSeconds = 99
	other.Runs[0].Epochs[1].NFE, other.Runs[0].Final.NFE = 500, 500
	part.Runs = []trainer.Run{fixtureRun("vanilla", 1, 1)}
	for _, tt := range []struct {
		results []trainer.Results
		note    string
		nfe     float64
	}{
		{[]trainer.Results{base, slower}, "seed 1, is there twice: a/results.json counts, as it is the same but for times", 122},
		{[]trainer.Results{other, base}, "a/results.json counts, as it has other results", 500},
		{[]trainer.Results{part, base}, "b/results.json counts, as it goes further", 122},
		{[]trainer.Results{base, part}, "a/results.json counts, as it goes further", 122},
	} {
		g := merge(sourcesOf(tt.results...))[0]
		if len(g.notes) != 1 || !strings.Contains(g.notes[0], tt.note) {
			t.Errorf("notes %q, expected %q", g.notes, tt.note)
		}
		if got := g.rows[0].values(paper.NFE); !slices.Equal(got, []float64{tt.nfe}) {
			t.Errorf("%s: evaluations %v, expected %v", tt.note, got, tt.nfe)
		}
	}
}

// TestUnfinishedDoNotCount: neither a failed run nor one that was interrupted is
// averaged.
func TestUnfinishedDoNotCount(t *testing.T) {
	r := fixture(list{"vanilla", "ernode"}, []uint64{1, 2, 3})
	r.Runs[1] = fixtureRun("ernode", 1, 1)
	r.Runs[3] = trainer.Run{Variant: "ernode", Seed: 2, Epochs: []trainer.Epoch{}, Error: "epoch 1, iteration 3: step size underflow"}
	g := merge(sourcesOf(r))[0]
	if got := g.rows[1].seeds(); !slices.Equal(got, []uint64{3}) {
		t.Errorf("seeds %v of ernode, expected 3", got)
	}
}

// TestOrder: experiments as in the paper, of one the paper's preset first.
func TestOrder(t *testing.T) {
	quick, full, part, sde, mine := fixture(list{"vanilla"}, []uint64{1}), fixture(list{"vanilla"}, []uint64{1}),
		fixture(list{"vanilla"}, []uint64{1}), fixture(list{"vanilla"}, []uint64{1}), fixture(list{"vanilla"}, []uint64{1})
	full.Preset, full.Flags, full.Config.Epochs, full.Config.Data = "paper", []string{"-data", "DIR"}, 75, "DIR"
	part.Preset, part.Flags, part.Config.Epochs, part.Config.Data = "paper", []string{"-data", "DIR", "-epochs", "3"}, 3, "DIR"
	sde.Experiment, mine.Experiment = "mnist_nsde", "a_experiment"
	var got []string
	for _, g := range merge(sourcesOf(mine, sde, quick, part, full)) {
		got = append(got, g.experiment+" "+epochs(g.common))
	}
	want := []string{"mnist_node 75 epochs", "mnist_node 3 epochs", "mnist_node 2 epochs", "mnist_nsde 2 epochs", "a_experiment 2 epochs"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("order %q, expected %q", got, want)
	}
}

// TestOrderOfRows: variants as in the paper, of one the preset's weights first.
func TestOrderOfRows(t *testing.T) {
	other, preset := fixture(list{"ernode", "vanilla"}, []uint64{1}), fixture(list{"ernode"}, []uint64{1})
	other.Preset, other.Flags = "paper", []string{"-epochs", "2", "-lambda-error", "50"}
	other.Config.PerVariant = map[trainer.Variant]trainer.Weights{"ernode": {LambdaError: 50, LambdaErrorDecay: 0.1}}
	preset.Preset, preset.Flags = "paper", []string{"-epochs", "2"}
	var got []string
	for _, r := range merge(sourcesOf(other, preset))[0].rows {
		got = append(got, fmt.Sprint(r.variant, " ", r.own.LambdaError))
	}
	if want := []string{"vanilla 0", "ernode 100", "ernode 50"}; !slices.Equal(got, want) {
		t.Errorf("rows %q, expected %q", got, want)
	}
}
