package exchange_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets/spiral"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// A neural ODE is fitted to a spiral, and its weights are written for the modules first,
// a Linear(3, 16), and second, a Linear(17, 2), of PyTorch. Both take the time as their
// last input.
func Example_trained() {
	dir := must(os.MkdirTemp("", "exchange"))
	defer os.RemoveAll(dir)
	params, _ := trainSpiral(1)

	path := filepath.Join(dir, "trained.safetensors")
	if err := exchange.Safetensors.SaveFile(path, params, &exchange.Settings{Place: exchange.PyTorch(params)}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(must(os.Stat(path)).Size(), "bytes")
	// Output: 1088 bytes
}

// spiralODE declares the dynamics tanh([z; t]·W1 + b1), and [h; t]·W2 + b2 of that, solved
// at the times of the data.
func spiralODE(method integrators.Method, solver integrators.Settings) (*graph.Params, *layers.NeuralODE) {
	params, rng := graph.NewParams(tensor.Float64), rand.New(rand.NewPCG(1, 0))
	dynamics := layers.Chain{
		must(layers.NewTimeDense(params, "first", 2, 16, layers.Tanh, rng)),
		must(layers.NewTimeDense(params, "second", 16, 2, layers.Identity, rng)),
	}
	return params, must(layers.NewNeuralODE(params, dynamics, 0, spiral.End, method, &solver))
}

// trainSpiral fits the equation in so many iterations.
func trainSpiral(iterations int) (*graph.Params, *layers.NeuralODE) {
	times, points := spiral.Data()
	params, ode := spiralODE(integrators.Tsit5, integrators.Settings{SaveAt: times})
	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		states, err := ode.Forward(s, in[0])
		if err != nil {
			return nil, err
		}
		return losses.MeanSquaredError(states, in[1])
	}, nil))
	start := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking(points[:2]))
	data := tensor.New(tensor.WithShape(len(times), 2), tensor.WithBacking(points))
	adam := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.02}))
	for range iterations {
		must(objective.Evaluate(start, data))
		if err := adam.Step([]gorgonia.ValueGrad{params}); err != nil {
			log.Fatal(err)
		}
	}
	return params, ode
}
