package layers_test

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// NewWorker makes a model that shares nothing with any other: parameters, layers
// and solver of its own.
func NewWorker(theta []float64) *graph.Predictor {
	rng, params := rand.New(rand.NewPCG(1, 0)), graph.NewParams(tensor.Float64)
	field := layers.Chain{
		must(layers.NewDense(params, "hidden", 2, 8, layers.Tanh, rng)),
		must(layers.NewDense(params, "slope", 8, 2, layers.Identity, rng)),
	}
	node := must(layers.NewNeuralODE(params, field, 0, 1, integrators.Tsit5, nil))
	if theta != nil {
		params.SetFloat64s(theta)
	}
	return must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		z, err := node.Forward(s, in[0])
		return gorgonia.Nodes{z}, err
	}))
}

// Several goroutines predict with one set of weights. Each has a model of its own,
// since one is for one goroutine at a time.
func Example_workers() {
	var theta []float64 // of training; nil leaves the initial ones
	point := func(i int) *tensor.Dense {
		return tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{float64(i), 1}))
	}

	jobs, results := make(chan int), make([][]float64, 100)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			predictor := NewWorker(theta)
			for i := range jobs {
				results[i] = value.Float64s(must(predictor.Predict(point(i)))[0])
			}
		})
	}
	for i := range results {
		jobs <- i
	}
	close(jobs)
	workers.Wait()

	alone, same := NewWorker(theta), 0
	for i, r := range results {
		z := value.Float64s(must(alone.Predict(point(i)))[0])
		if z[0] == r[0] && z[1] == r[1] {
			same++
		}
	}
	fmt.Println(same, "of 100 results are those of one worker alone")
	// Output:
	// 100 of 100 results are those of one worker alone
}
