package main

import (
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainertest"
)

var small = trainertest.Runner{Experiment: experiment, Flags: []string{"-epochs", "3", "-tol", "1e-5"}}

// TestFitsTheSpiral trains for a few epochs: the loss falls, the regularized
// model needs fewer evaluations, and everything is written.
func TestFitsTheSpiral(t *testing.T) {
	dir := t.TempDir()
	r := small.TrainIn(t, dir, "-epochs", "20", "-tol", "1e-6")
	for _, v := range r.Runs {
		first, last := v.Epochs[0], v.Epochs[len(v.Epochs)-1]
		if !(last.TrainLoss < first.TrainLoss/10) {
			t.Errorf("%s: loss %v in the first epoch, %v in the last", v.Variant, first.TrainLoss, last.TrainLoss)
		}
	}
	if v, reg := r.Runs[0].Final.NFE, r.Runs[1].Final.NFE; reg >= v {
		t.Errorf("NFE %d vanilla, %d regularized", v, reg)
	}
	trainertest.Written(t, dir, "fit.png", "fit.svg", "nfe.png", "loss.png", "table.md", "log.csv")
}

func TestReproduces(t *testing.T) {
	small.Reproduces(t, "-variants", "vanilla,srnode+ernode", "-seeds", "1,2", "-method", "dopri5")
}

// TestStiffMethods trains with an implicit method, and with one that switches to it.
func TestStiffMethods(t *testing.T) {
	for _, method := range []string{"rodas5p", "autotsit5-rosenbrock23"} {
		small.Train(t, "-method", method, "-epochs", "1")
	}
}

func TestResumes(t *testing.T) { small.Resumes(t, 15, "-variants", "srnode+ernode") }

func TestStopsWithinASolve(t *testing.T) {
	small.StopsWithinASolve(t, 100, "-variants", "srnode+ernode")
}

func TestRefusesRanks(t *testing.T) { small.RefusesRanks(t) }

func TestBench(t *testing.T) { small.Benches(t) }

func TestBadInput(t *testing.T) {
	small.Refuses(t,
		trainertest.Bad{Args: []string{"-variants", "steer"}, Status: 2, Want: "steer"},
		trainertest.Bad{Args: []string{"-batch", "1"}, Status: 2, Want: "not defined: -batch"},
		trainertest.Bad{Args: []string{"-limit", "5"}, Status: 2, Want: "not defined: -limit"},
		trainertest.Bad{Args: []string{"-data", "none"}, Status: 2, Want: "not defined: -data"},
		trainertest.Bad{Args: []string{"-steer-b", "3"}, Status: 2, Want: "not defined: -steer-b"},
		trainertest.Bad{Args: []string{"-taylor-order", "2"}, Status: 2, Want: "not defined: -taylor-order"},
		trainertest.Bad{Args: []string{"-lambda-taylor", "2"}, Status: 2, Want: "not defined: -lambda-taylor"},
		trainertest.Bad{Args: []string{"-method", "euler"}, Status: 2, Want: "Euler"},
		trainertest.Bad{Args: []string{"-method", "rodas5p", "-variants", "kinetic"}, Status: 2, Want: "R_F"},
		trainertest.Bad{Args: []string{"-lr", "1e200"}, Status: 1, Want: "epoch 1"},
	)
}
