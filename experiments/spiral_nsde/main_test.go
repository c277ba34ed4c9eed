package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/internal/trainertest"
)

// small has few trajectories.
var small = trainertest.Runner{Experiment: experiment, Flags: []string{"-batch", "20", "-epochs", "2"}}

// TestFitsTheMoments trains for a few epochs: the loss falls, every variant does
// something of its own, and everything is written.
func TestFitsTheMoments(t *testing.T) {
	dir := t.TempDir()
	r := small.TrainIn(t, dir, "-epochs", "6", "-lambda-error", "2", "-lambda-stiff", "0.01",
		"-variants", "vanilla,srnsde,ernsde,srnsde+ernsde")
	last := map[trainer.Variant]trainer.Epoch{}
	for _, v := range r.Runs {
		for _, e := range v.Epochs {
			attempts := e.Accepted + e.Rejected
			if e.NFE != 2+4*attempts || e.DiffusionNFE != e.NFE || e.Iterations != perEpoch {
				t.Errorf("%s: epoch %+v", v.Variant, e)
			}
			if !(e.RegError > 0) || v.Variant.Has(trainer.SRNSDE) != (e.RegStiff > 0) {
				t.Errorf("%s: R_E = %v, R_S = %v", v.Variant, e.RegError, e.RegStiff)
			}
		}
		e := v.Epochs[len(v.Epochs)-1]
		if first := v.Epochs[0]; !(e.TestLoss < first.TestLoss) {
			t.Errorf("%s: loss %v after the first epoch, %v after the last", v.Variant, first.TestLoss, e.TestLoss)
		}
		for name, o := range last {
			if o.TrainLoss == e.TrainLoss {
				t.Errorf("%s and %s have the same loss %v, as if one of them did nothing", v.Variant, name, e.TrainLoss)
			}
		}
		last[v.Variant] = e
	}
	if v, reg := last[trainer.Vanilla], last[trainer.ERNSDE]; !(reg.RegError < v.RegError) {
		t.Errorf("R_E is %v vanilla, %v regularized", v.RegError, reg.RegError)
	}
	trainertest.Written(t, dir, "fit.png", "fit.svg", "nfe.png", "loss.png", "table.md", "log.csv")
}

func TestReproduces(t *testing.T) {
	small.Reproduces(t, "-variants", "ernsde,srnsde", "-seeds", "1,2")
}

func TestSeedsDiffer(t *testing.T) {
	r := small.Train(t, "-variants", "ernsde", "-epochs", "1", "-seeds", "1,2")
	if a, b := r.Runs[0].Final.TrainLoss, r.Runs[1].Final.TrainLoss; a == b {
		t.Errorf("seeds 1 and 2 have the same loss %v", a)
	}
}

func TestResumes(t *testing.T) { small.Resumes(t, 13, "-variants", "ernsde") }

func TestStopsWithinASolve(t *testing.T) { small.StopsWithinASolve(t, 60, "-variants", "ernsde") }

func TestRefusesRanks(t *testing.T) { small.RefusesRanks(t) }

func TestBench(t *testing.T) { small.Benches(t) }

// TestDataFolder reads the moments that are also in the binary.
func TestDataFolder(t *testing.T) {
	args := []string{"-epochs", "1", "-variants", "vanilla"}
	own := small.Train(t, args...)
	read := small.Train(t, append(args, "-data", "../../datasets/spiralsde/moments")...)
	if !reflect.DeepEqual(own.Runs, read.Runs) {
		t.Errorf("from the binary %+v, from the folder %+v", own.Runs, read.Runs)
	}
}

func TestBadInput(t *testing.T) {
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "moments.csv"), []byte("t,mean\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	small.Refuses(t,
		trainertest.Bad{Args: []string{"-variants", "ernode"}, Status: 2, Want: "ernode"},
		trainertest.Bad{Args: []string{"-batch", "1"}, Status: 2, Want: "-batch"},
		trainertest.Bad{Args: []string{"-limit", "7"}, Status: 2, Want: "not defined: -limit"},
		trainertest.Bad{Args: []string{"-steer-b", "3"}, Status: 2, Want: "not defined: -steer-b"},
		trainertest.Bad{Args: []string{"-data", "none"}, Status: 1, Want: "moments.csv"},
		trainertest.Bad{Args: []string{"-data", damaged}, Status: 1, Want: "moments.csv: spiralsde: line 1"},
		trainertest.Bad{Args: []string{"-method", "tsit5"}, Status: 2, Want: "sosri2"},
		trainertest.Bad{Args: []string{"-method", "eulermaruyama"}, Status: 2, Want: "sosri2"},
		trainertest.Bad{Args: []string{"-method", "sosri", "-variants", "srnsde"}, Status: 2, Want: "SOSRI2"},
		trainertest.Bad{Args: []string{"-lr", "1e39"}, Status: 1, Want: "epoch 1"},
	)
}
