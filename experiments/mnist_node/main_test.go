package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/internal/trainertest"
)

// small makes a run of seconds out of the quick preset.
var small = trainertest.Runner{
	Experiment: experiment,
	Flags:      []string{"-epochs", "2", "-limit", "30", "-batch", "12", "-tol", "1e-4"},
}

func TestEveryVariantTrains(t *testing.T) {
	r := small.Train(t, "-variants", "vanilla,ernode,srnode,srnode+ernode,steer,steer+ernode,steer+srnode,steer+srnode+ernode,"+
		"taynode,steer+taynode,taynode+srnode+ernode")
	losses := map[float64]trainer.Variant{}
	for _, v := range r.Runs {
		for _, e := range v.Epochs {
			if e.NFE != 3+6*(e.Accepted+e.Rejected) || e.Iterations != 3 || !(e.RegError > 0) || !(e.RegStiff >= 1) {
				t.Errorf("%s: epoch %+v", v.Variant, e)
			}
			if v.Variant.Has(trainer.TayNODE) != (e.RegTaylor > 0) {
				t.Errorf("%s: R_K = %v", v.Variant, e.RegTaylor)
			}
		}
		l := v.Epochs[1].TrainLoss
		if v.Variant.Has(trainer.SRNODE) && !v.Variant.Has(trainer.ERNODE) && v.Epochs[1].RegStiff == 1 {
			continue // a maximum that is the entry before the first step has no gradient
		}
		if other, ok := losses[l]; ok {
			t.Errorf("%s and %s have the same loss %v, as if one of them did nothing", v.Variant, other, l)
		}
		losses[l] = v.Variant
	}
}

func TestReproduces(t *testing.T) {
	small.Reproduces(t, "-variants", "taynode+srnode+ernode,steer+srnode")
}

func TestInlineAgrees(t *testing.T) { small.InlineAgrees(t, "-variants", "taynode+srnode+ernode") }

func TestResumes(t *testing.T) { small.Resumes(t, 2, "-variants", "steer+ernode") }

func TestStopsWithinASolve(t *testing.T) { small.StopsWithinASolve(t, 25, "-variants", "steer+ernode") }

// TestGradient: there is memory for one before the first iteration, as a rank without
// examples needs, and only an update changes parameters.
func TestGradient(t *testing.T) {
	cfg := experiment.Quick
	cfg.Limit, cfg.Tol = 8, 1e-3
	tm, err := newModel(cfg, "vanilla", 1)
	if err != nil {
		t.Fatal(err)
	}
	m := tm.(*classifier)
	if g, err := m.Gradient(); err != nil || len(g.([]float64)) != m.Params.Len() {
		t.Fatalf("%T before the first iteration, error %v, expected %d numbers", g, err, m.Params.Len())
	}
	w := m.Params.Float64s()
	if _, err := m.Iterate(trainer.Iteration{Epoch: 1, Number: 1, Batch: []int{3, 1, 4}}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Params.Float64s(), w) {
		t.Error("an iteration changed the parameters")
	}
	g, err := m.Gradient()
	if err != nil || slices.Max(g.([]float64)) <= 0 {
		t.Fatalf("no gradient of an iteration, error %v", err)
	}
	clear(g.([]float64))
	g.([]float64)[7] = 1
	if err := m.Update(); err != nil {
		t.Fatal(err)
	}
	for i, x := range m.Params.Float64s() {
		if (x != w[i]) != (i == 7) {
			t.Errorf("the update by a gradient of entry 7 changes entry %d from %v to %v", i, w[i], x)
		}
	}
}

// STEER ends at one time on all ranks.
func TestRanks(t *testing.T) {
	small.Ranks(t, 1e-4, "-variants", "steer+ernode", "-epochs", "1", "-limit", "20")
}

func TestBench(t *testing.T) { small.Benches(t) }

func TestBadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	small.Refuses(t,
		trainertest.Bad{Args: []string{"-variants", "ernoode"}, Status: 2, Want: "ernoode"},
		trainertest.Bad{Args: []string{"-method", "rk5"}, Status: 2, Want: "rk5"},
		trainertest.Bad{Args: []string{"-method", "rk4"}, Status: 2, Want: "RK4"},
		trainertest.Bad{Args: []string{"-tol", "-1e-8"}, Status: 2, Want: "-tol"},
		trainertest.Bad{Args: []string{"-tol", "NaN"}, Status: 2, Want: "-tol"},
		trainertest.Bad{Args: []string{"-batch", "0"}, Status: 2, Want: "-batch"},
		trainertest.Bad{Args: []string{"-images", "other"}, Status: 2, Want: "without -data"},
		trainertest.Bad{Args: []string{"-variants", "steer", "-steer-b", "1.5"}, Status: 2, Want: "steer-b"},
		trainertest.Bad{Args: []string{"-variants", "taynode", "-taylor-order", "0"}, Status: 2, Want: "-taylor-order"},
		trainertest.Bad{Args: []string{"-preset", "paper"}, Status: 2, Want: "expected -data with the folder of the four MNIST files"},
		trainertest.Bad{Args: []string{"-data", filepath.Join(file, "none")}, Status: 1, Want: "none"},
		trainertest.Bad{Args: []string{"-out", filepath.Join(file, "out")}, Status: 1, Want: "file"},
		trainertest.Bad{Args: []string{"-lr", "1e39", "-dtype", "float32", "-variants", "vanilla"}, Status: 1, Want: "epoch 1"},
	)
}
