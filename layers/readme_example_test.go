package layers_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets/spiral"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

func Example_readme() {
	times, points := spiral.Data()
	start := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking(points[:2]))
	data := tensor.New(tensor.WithShape(len(times), 2), tensor.WithBacking(points))

	// dz/dt = tanh(z³·W1 + b1)·W2 + b2, solved at the times of the data.
	params, rng := graph.NewParams(tensor.Float64), rand.New(rand.NewPCG(1, 0))
	first := must(layers.NewDense(params, "first", 2, 50, layers.Tanh, rng))
	second := must(layers.NewDense(params, "second", 50, 2, layers.Identity, rng))
	penalty := integrators.Regularizer{Term: integrators.Error, Aggregation: integrators.Sum}
	ode := must(layers.NewNeuralODE(params, layers.Chain{layers.Cube{}, first, second}, 0, spiral.End, integrators.Tsit5,
		&integrators.Settings{AbsTol: 1e-5, RelTol: 1e-5, SaveAt: times, Regularizers: []integrators.Regularizer{penalty}}))

	// The loss: mean squared error + λ·Σ E_j|h_j|.
	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		fit := gorgonia.Must(losses.MeanSquaredError(gorgonia.Must(ode.Forward(s, in[0])), in[1]))
		return losses.Penalized(s, fit, penalty, in[2])
	}, nil))

	for _, lambda := range []float64{0, 0.02} { // without the penalty, and on with it
		adam := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.02}))
		for range 200 {
			if _, err := objective.Evaluate(start, data, gorgonia.NewF64(lambda)); err != nil {
				log.Fatal(err)
			}
			if err := adam.Step([]gorgonia.ValueGrad{params}); err != nil {
				log.Fatal(err)
			}
		}
		nfe := math.Round(float64(ode.Last().NFE)/10) * 10 // the rest depends on rounding
		fmt.Printf("λ = %g: about %g evaluations of the dynamics\n", lambda, nfe)
	}
	// Output:
	// λ = 0: about 250 evaluations of the dynamics
	// λ = 0.02: about 200 evaluations of the dynamics
}

// must returns v, or ends the program.
func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
