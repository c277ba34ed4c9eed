package main

import (
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/internal/trainertest"
)

// small makes a run of seconds out of the quick preset.
var small = trainertest.Runner{
	Experiment: experiment,
	Flags:      []string{"-epochs", "2", "-limit", "60", "-batch", "25", "-tol", "1"},
}

func TestEveryVariantTrains(t *testing.T) {
	r := small.Train(t, "-variants", "vanilla,srnsde,ernsde,srnsde+ernsde")
	losses := map[float64]trainer.Variant{}
	for _, v := range r.Runs {
		for _, e := range v.Epochs {
			if e.NFE != 2+4*(e.Accepted+e.Rejected) || e.DiffusionNFE != e.NFE || e.Iterations != 3 {
				t.Errorf("%s: epoch %+v", v.Variant, e)
			}
			if !(e.RegError > 0) || v.Variant.Has(trainer.SRNSDE) != (e.RegStiff > 0) {
				t.Errorf("%s: R_E = %v, R_S = %v", v.Variant, e.RegError, e.RegStiff)
			}
		}
		first, last := v.Epochs[0], v.Epochs[1]
		if !(last.TrainLoss < first.TrainLoss) || !(*last.TestAccuracy > 15) {
			t.Errorf("%s: loss %v and then %v, accuracy %v %%", v.Variant, first.TrainLoss, last.TrainLoss, *last.TestAccuracy)
		}
		if other, ok := losses[last.TrainLoss]; ok {
			t.Errorf("%s and %s have the same loss, as if one of them did nothing", v.Variant, other)
		}
		losses[last.TrainLoss] = v.Variant
	}
}

func TestReproduces(t *testing.T) { small.Reproduces(t, "-variants", "ernsde", "-epochs", "1") }

func TestResumes(t *testing.T) { small.Resumes(t, 2, "-variants", "srnsde", "-epochs", "1") }

func TestStopsWithinASolve(t *testing.T) { small.StopsWithinASolve(t, 20, "-variants", "ernsde") }

// At this tolerance steps are the same on any ranks, and so must be the noise of a row.
func TestRanks(t *testing.T) {
	small.Ranks(t, 1e-6, "-variants", "ernsde", "-epochs", "1", "-tol", "1e6", "-limit", "30", "-batch", "15")
}

func TestBench(t *testing.T) { small.Benches(t) }

func TestBadInput(t *testing.T) {
	small.Refuses(t,
		trainertest.Bad{Args: []string{"-variants", "steer"}, Status: 2, Want: "steer"},
		trainertest.Bad{Args: []string{"-batch", "0"}, Status: 2, Want: "-batch"},
		trainertest.Bad{Args: []string{"-images", "other"}, Status: 2, Want: "without -data"},
		trainertest.Bad{Args: []string{"-method", "dopri5"}, Status: 2, Want: "sosri2"},
		trainertest.Bad{Args: []string{"-method", "milstein"}, Status: 2, Want: "sosri2"},
		trainertest.Bad{Args: []string{"-method", "sriw1", "-variants", "ernsde,srnsde"}, Status: 2, Want: "SOSRI2"},
		trainertest.Bad{Args: []string{"-steer-b", "3"}, Status: 2, Want: "not defined: -steer-b"},
		trainertest.Bad{Args: []string{"-preset", "paper"}, Status: 2, Want: "expected -data with the folder of the four MNIST files"},
		trainertest.Bad{Args: []string{"-data", "none"}, Status: 1, Want: "none"},
		trainertest.Bad{Args: []string{"-lr", "1e39"}, Status: 1, Want: "epoch 1"},
	)
}
