package main

import (
	"testing"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/internal/trainertest"
)

// small has few and short paths and small networks, and but for one test no pictures.
var small, drawn = runner(experiment, nil), runner(experiment, fit)

func runner(e trainer.Experiment, fit func(trainer.Model, trainer.Variant) ([]figure.Panel, error)) trainertest.Runner {
	e.Fit = fit
	e.Quick.Params = sizes()
	return trainertest.Runner{Experiment: e, Flags: []string{"-batch", "16", "-tol", "0.5", "-epochs", "2"}}
}

func sizes() map[string]float64 {
	return map[string]float64{
		paths: 48, testPaths: 20, observations: 12, knots: 4, hidden: 8, contextSize: 5, sigma: 0.1, warmUp: 4, decay: 0.99,
	}
}

func TestWritesAll(t *testing.T) {
	dir := t.TempDir()
	drawn.TrainIn(t, dir, "-variants", "vanilla")
	trainertest.Written(t, dir, "fit.png", "fit.svg", "nfe.png", "loss.png", "table.md", "log.csv")
}

// TestLearns trains for a few epochs: the bound rises, and every variant has the
// penalties of its name and does something of its own.
func TestLearns(t *testing.T) {
	r := small.Train(t, "-epochs", "6", "-variants", "vanilla,srnsde,ernsde,srnsde+ernsde")
	seen := map[float64]trainer.Variant{}
	for _, v := range r.Runs {
		for _, e := range v.Epochs {
			if e.NFE != 2+4*(e.Accepted+e.Rejected) || e.DiffusionNFE != e.NFE || e.Iterations != 3 {
				t.Errorf("%s: epoch %+v", v.Variant, e)
			}
			if !(e.RegError > 0) || v.Variant.Has(trainer.SRNSDE) != (e.RegStiff > 0) {
				t.Errorf("%s: R_E = %v, R_S = %v", v.Variant, e.RegError, e.RegStiff)
			}
		}
		first, last := v.Epochs[0], v.Epochs[len(v.Epochs)-1]
		if !(last.TestLoss < 0.9*first.TestLoss) {
			t.Errorf("%s: negative bound %v after the first epoch, %v after the last", v.Variant, first.TestLoss, last.TestLoss)
		}
		if other, ok := seen[last.TrainLoss]; ok {
			t.Errorf("%s and %s have the same loss %v, as if one of them did nothing", v.Variant, other, last.TrainLoss)
		}
		seen[last.TrainLoss] = v.Variant
	}
}

func TestReproduces(t *testing.T) {
	small.Reproduces(t, "-variants", "ernsde,srnsde", "-seeds", "1,2", "-epochs", "1")
}

func TestInlineAgrees(t *testing.T) { small.InlineAgrees(t, "-variants", "ernsde", "-epochs", "1") }

func TestResumes(t *testing.T) { small.Resumes(t, 4, "-variants", "ernsde") }

func TestStopsWithinASolve(t *testing.T) { small.StopsWithinASolve(t, 60, "-variants", "ernsde") }

// At this tolerance steps are the same on any ranks, and so must be the noise of a row.
func TestRanks(t *testing.T) {
	small.Ranks(t, 1e-6, "-variants", "ernsde", "-epochs", "1", "-tol", "1e6")
}

func TestBench(t *testing.T) { small.Benches(t) }

func TestBadInput(t *testing.T) {
	small.Refuses(t,
		trainertest.Bad{Args: []string{"-variants", "ernode"}, Status: 2, Want: "ernode"},
		trainertest.Bad{Args: []string{"-batch", "0"}, Status: 2, Want: "-batch"},
		trainertest.Bad{Args: []string{"-data", "none"}, Status: 2, Want: "not defined: -data"},
		trainertest.Bad{Args: []string{"-steer-b", "3"}, Status: 2, Want: "not defined: -steer-b"},
		trainertest.Bad{Args: []string{"-method", "tsit5"}, Status: 2, Want: "sosri2"},
		trainertest.Bad{Args: []string{"-method", "eulermaruyama"}, Status: 2, Want: "sosri2"},
		trainertest.Bad{Args: []string{"-method", "sosri", "-variants", "srnsde"}, Status: 2, Want: "SOSRI2"},
		trainertest.Bad{Args: []string{"-lr", "1e39"}, Status: 1, Want: "epoch 1"},
	)
}
