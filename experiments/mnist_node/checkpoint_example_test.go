package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// A program loads a checkpoint of this experiment, or the parameters in
// <variant>-seed<n>.safetensors, and classifies digits.
func Example_checkpoint() {
	dir := must(os.MkdirTemp("", "mnist"))
	defer os.RemoveAll(dir)
	trainer.RunExperiment(context.Background(), experiment,
		[]string{"-variants", "ernode", "-epochs", "3", "-limit", "500", "-batch", "50", "-tol", "1e-2", "-out", dir}, io.Discard, io.Discard)

	params := graph.NewParams(tensor.Float64)
	net := must(networks.NewMNISTODE(params, rand.New(rand.NewPCG(1, 0))))
	if err := networks.LoadFile(filepath.Join(dir, "ernode-seed1.ckpt"), params); err != nil {
		log.Fatal(err)
	}
	ode := must(net.Solve(params, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-2, RelTol: 1e-2}))
	model := layers.Chain{ode, net.Head}
	classifier := must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		logits, err := model.Forward(s, in[0])
		return gorgonia.Nodes{logits}, err
	}, nil))

	_, test, err := mnist.Embedded()
	if err != nil {
		log.Fatal(err)
	}
	images := tensor.New(tensor.WithShape(test.Len(), mnist.Pixels), tensor.Of(tensor.Float64))
	if err := mnist.Fill(test, datasets.Indices(0, test.Len()), images.Float64s(), nil); err != nil {
		log.Fatal(err)
	}
	correct := must(layers.Correct(must(classifier.Predict(context.Background(), images))[0], test.Labels))
	fmt.Println("most of the digits are right:", correct > test.Len()/2)
	// Output: most of the digits are right: true
}

// must returns v, or ends the program.
func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
