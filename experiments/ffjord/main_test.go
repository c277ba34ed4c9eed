package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/regnde/regnde/datasets/miniboone"
	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/internal/trainertest"
)

// small has few points and a loose tolerance, and but for one test no pictures.
var small, drawn = runner(experiment, nil), runner(experiment, fit)

func runner(e trainer.Experiment, fit func(trainer.Model, trainer.Variant) ([]figure.Panel, error)) trainertest.Runner {
	e.Fit = fit
	e.Quick.Params = map[string]float64{points: 256, testPoints: 200}
	return trainertest.Runner{Experiment: e, Flags: []string{"-batch", "128", "-tol", "1e-3", "-epochs", "2", "-schedule", "constant"}}
}

func TestWritesAll(t *testing.T) {
	dir := t.TempDir()
	drawn.TrainIn(t, dir, "-variants", "vanilla")
	trainertest.Written(t, dir, "fit.png", "fit.svg", "nfe.png", "loss.png", "table.md", "log.csv")
}

// TestLearnsTheDensity trains for a few epochs: the loss falls, and every variant has
// the penalties of its name and does something of its own.
func TestLearnsTheDensity(t *testing.T) {
	r := small.Train(t, "-epochs", "4",
		"-variants", "vanilla,kinetic,jacobian,taynode,srnode,ernode,kinetic+jacobian+ernode")
	losses := map[float64]trainer.Variant{}
	for _, v := range r.Runs {
		first, last := v.Epochs[0], v.Epochs[len(v.Epochs)-1]
		if !(last.TestLoss < first.TestLoss-1) {
			t.Errorf("%s: NLL %v after the first epoch, %v after the last", v.Variant, first.TestLoss, last.TestLoss)
		}
		for _, reg := range trainer.Regularizers {
			always := reg.Symbol == "R_E" || reg.Symbol == "R_S"
			if x := *reg.Value(&last.Regularization); (x > 0) != (always || reg.In(v.Variant)) {
				t.Errorf("%s: %s is %v", v.Variant, reg.Symbol, x)
			}
		}
		if other, ok := losses[last.TrainLoss]; ok {
			t.Errorf("%s and %s have the same loss %v, as if one of them did nothing", v.Variant, other, last.TrainLoss)
		}
		losses[last.TrainLoss] = v.Variant
	}
}

func TestReproduces(t *testing.T) {
	small.Reproduces(t, "-variants", "vanilla,kinetic+jacobian", "-seeds", "1,2", "-estimator", "gaussian")
}

func TestInlineAgrees(t *testing.T) {
	small.InlineAgrees(t, "-variants", "jacobian+ernode", "-epochs", "1")
}

func TestResumes(t *testing.T) {
	small.Resumes(t, 3, "-variants", "kinetic+jacobian+ernode", "-estimator", "rademacher")
}

func TestStopsWithinASolve(t *testing.T) { small.StopsWithinASolve(t, 20, "-variants", "jacobian") }

// Rows have the probes that they have on one rank.
func TestRanks(t *testing.T) {
	small.Ranks(t, 1e-4, "-variants", "kinetic+jacobian", "-estimator", "gaussian", "-epochs", "1")
}

func TestBench(t *testing.T) { small.Benches(t, "-preset", "paper") }

// TestDataSets trains on each of them.
func TestDataSets(t *testing.T) {
	for _, name := range inThePlane() {
		small.Train(t, "-data-set", name, "-variants", "vanilla", "-epochs", "1")
	}
	small.Train(t, "-data-set", "moons", "-arch", "ffjord", "-variants", "vanilla", "-epochs", "1", "-taylor-order", "0")
	small.Train(t, "-data-set", fromFile, "-data", table(t, 100, miniboone.Features), "-variants", "kinetic+jacobian", "-epochs", "1",
		"-batch", "80", "-estimator", "gaussian")
}

// table writes random numbers in the format .npy and returns the name of the file.
func table(t *testing.T, rows, columns int) string {
	t.Helper()
	header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }\n", rows, columns)
	f := bytes.NewBufferString("\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header)
	rng := rand.New(rand.NewPCG(1, 2))
	for range rows * columns {
		binary.Write(f, binary.LittleEndian, rng.NormFloat64())
	}
	path := filepath.Join(t.TempDir(), "data.npy")
	if err := os.WriteFile(path, f.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBadInput(t *testing.T) {
	small.Refuses(t,
		trainertest.Bad{Args: []string{"-variants", "ernsde"}, Status: 2, Want: "ernsde"},
		trainertest.Bad{Args: []string{"-variants", "steer"}, Status: 2, Want: "steer"},
		trainertest.Bad{Args: []string{"-variants", "vanilla+jacobian"}, Status: 2, Want: "expected it alone"},
		trainertest.Bad{Args: []string{"-variants", "jacobian", "-lambda-jacobian", "-1"}, Status: 2, Want: "-lambda-jacobian is -1"},
		trainertest.Bad{Args: []string{"-variants", "taynode", "-taylor-order", "0"}, Status: 2, Want: "-taylor-order"},
		trainertest.Bad{Args: []string{"-data-set", "spirals"}, Status: 2, Want: "checkerboard"},
		trainertest.Bad{Args: []string{"-estimator", "cauchy"}, Status: 2, Want: "expected gaussian or rademacher or exact"},
		trainertest.Bad{Args: []string{"-arch", "paper"}, Status: 2, Want: "expected code or ffjord"},
		trainertest.Bad{Args: []string{"-steer-b", "1"}, Status: 2, Want: "not defined: -steer-b"},
		trainertest.Bad{Args: []string{"-method", "rk4"}, Status: 2, Want: "RK4"},
		trainertest.Bad{Args: []string{"-method", "rodas5p", "-variants", "kinetic"}, Status: 2, Want: "R_F"},
		trainertest.Bad{Args: []string{"-data-set", "miniboone"}, Status: 2, Want: "without -data"},
		trainertest.Bad{Args: []string{"-data", "x.npy"}, Status: 2, Want: "which is drawn"},
		trainertest.Bad{Args: []string{"-data-set", "miniboone", "-data", "none.npy"}, Status: 1, Want: "none.npy"},
		trainertest.Bad{Args: []string{"-data-set", "miniboone", "-data", table(t, 20, 42)}, Status: 1, Want: "43"},
		trainertest.Bad{Args: []string{"-lr", "1e200"}, Status: 1, Want: "epoch 1"},
	)
}
