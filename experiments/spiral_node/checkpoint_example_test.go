package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets/spiral"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// A checkpoint of an experiment begins with the parameters as Params.Save writes
// them. A program that makes the same layers loads it in three lines.
func Example_checkpoint() {
	dir := must(os.MkdirTemp("", "spiral"))
	defer os.RemoveAll(dir)
	trainer.RunExperiment(context.Background(), experiment, []string{"-variants", "vanilla", "-epochs", "1", "-out", dir}, io.Discard, io.Discard)

	params, rng := graph.NewParams(tensor.Float64), rand.New(rand.NewPCG(1, 0))
	first := must(layers.NewDense(params, "dynamics.1", 2, hidden, layers.Tanh, rng))
	second := must(layers.NewDense(params, "dynamics.2", hidden, 2, layers.Identity, rng))
	node := must(layers.NewNeuralODE(params, layers.Chain{layers.Cube{}, first, second}, 0, spiral.End, integrators.Tsit5, nil))

	f := must(os.Open(filepath.Join(dir, "vanilla-seed1.ckpt")))
	defer f.Close()
	if err := params.Load(f); err != nil {
		log.Fatal(err)
	}

	start := spiral.Start()
	solution := must(node.Predict(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking(start[:]))))
	fmt.Printf("%.1f\n", value.Float64s(solution.Z))
	// Output: [0.1 -0.4]
}

// must returns v, or ends the program.
func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
