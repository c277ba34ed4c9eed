package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// fixture makes results of mnist_node with numbers that can be checked by head:
// after epoch e of run i the NFE of vanilla is 100 + 10·e + i, of others half of
// that, and an epoch of training takes 36 s and 18 s.
func fixture(variants []trainer.Variant, seeds []uint64) trainer.Results {
	r := trainer.Results{
		Experiment: "mnist_node", Preset: "quick", Flags: []string{"-epochs", "2"},
		Config: trainer.Config{
			Preset: "quick", Variants: variants, Seeds: seeds, Epochs: 2, Batch: 100, LearnRate: 0.1, Tol: 1.4e-8,
			Method: "tsit5", SteerB: 0.5, Dtype: "float64", Memory: "store", Mode: "called",
			Weights: trainer.Weights{LambdaErrorDecay: 1},
			PerVariant: map[trainer.Variant]trainer.Weights{
				"ernode": {LambdaError: 100, LambdaErrorDecay: 0.1},
			},
		},
		Machine: trainer.Machine{CPUs: 2, Go: "go1.26"},
		Runs:    []trainer.Run{},
	}
	for _, seed := range seeds {
		for _, v := range variants {
			r.Runs = append(r.Runs, fixtureRun(v, seed, 2))
		}
	}
	return r
}

func fixtureRun(v trainer.Variant, seed uint64, epochs int) trainer.Run {
	run := trainer.Run{Variant: v, Seed: seed, Epochs: []trainer.Epoch{}}
	factor := 1.0
	if v != "vanilla" {
		factor = 0.5
	}
	for e := 1; e <= epochs; e++ {
		train, test := 90+float64(e), 80+float64(e)+float64(seed)
		nfe := int(factor * float64(100+10*e+2*int(seed)))
		run.Epochs = append(run.Epochs, trainer.Epoch{
			Epoch: e, TrainLoss: 1 / float64(e), TestLoss: 2 / float64(e), TrainAccuracy: &train, TestAccuracy: &test,
			NFE: nfe, Accepted: nfe / 6, Iterations: 20, TrainSeconds: 36 * factor, PredictSeconds: 0.5 * factor,
			PredictMin: 0.45 * factor, PredictMax: 0.6 * factor,
		})
	}
	if epochs > 0 {
		last := run.Epochs[epochs-1]
		last.TrainSeconds *= float64(epochs)
		run.Final = &last
	}
	return run
}

// write makes results.json in the folder.
func write(t *testing.T, dir string, r trainer.Results) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, dir, resultsFile, string(text))
}

func writeText(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sourcesOf names results a, b, ….
func sourcesOf(results ...trainer.Results) []*source {
	var s []*source
	for i, r := range results {
		s = append(s, &source{filepath.Join(string(rune('a'+i)), resultsFile), r})
	}
	return s
}

// list shortens the tests.
type list = []trainer.Variant
