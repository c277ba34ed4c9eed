package losses_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// An epoch's loss: data, plus the solver's error with an annealed weight, with
// the random end time of STEER.
func Example() {
	rng := rand.New(rand.NewPCG(1, 1))
	params := graph.NewParams(tensor.Float64)
	f, err := layers.NewTimeDense(params, "f", 2, 2, layers.Tanh, rng)
	if err != nil {
		log.Fatal(err)
	}
	re := integrators.Regularizer{Term: integrators.Error, Aggregation: integrators.Sum}
	node, err := layers.NewNeuralODE(params, f, 0, 1, integrators.Tsit5, &integrators.Settings{
		AbsTol: 1e-6, RelTol: 1e-6, Regularizers: []integrators.Regularizer{re}})
	if err != nil {
		log.Fatal(err)
	}
	objective, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, err := node.Forward(s, in[0])
		if err != nil {
			return nil, err
		}
		loss, err := losses.MeanSquaredError(z, in[1])
		if err != nil {
			return nil, err
		}
		return losses.Penalized(s, loss, re, in[2])
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	x := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, 2}))
	y := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{2, 1}))
	annealing := losses.Annealing{First: 100, Last: 10, Epochs: 3}
	for epoch := 1; epoch <= annealing.Epochs; epoch++ {
		end, err := losses.EndTime(rng, 0, 1, 0.25)
		if err != nil {
			log.Fatal(err)
		}
		if err := node.SetSpan(0, end); err != nil {
			log.Fatal(err)
		}
		lambda := annealing.At(epoch)
		loss, err := objective.Evaluate(x, y, gorgonia.NewF64(lambda))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("to t = %.2f with λ = %.1f: loss %.2f\n", end, lambda, loss)
	}
	// Output:
	// to t = 0.86 with λ = 100.0: loss 1.83
	// to t = 0.86 with λ = 46.4: loss 1.79
	// to t = 0.96 with λ = 21.5: loss 1.95
}
