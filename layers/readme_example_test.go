package layers_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

func Example_readme() {
	// Points of a square, of class 1 inside a circle and of class 0 outside.
	rng := rand.New(rand.NewPCG(1, 0))
	x, y, labels := make([]float64, 2*100), make([]float64, 100), make([]uint8, 100)
	for i := range y {
		a, b := 2*rng.Float64()-1, 2*rng.Float64()-1
		if x[2*i], x[2*i+1] = a, b; a*a+b*b < 0.6 {
			y[i], labels[i] = 1, 1
		}
	}
	points := tensor.New(tensor.WithShape(100, 2), tensor.WithBacking(x))
	classes := tensor.New(tensor.WithShape(100), tensor.WithBacking(y))

	// dz/dt = tanh([z; t]·W1 + b1)·W2 + b2 for t from 0 to 1, and a linear layer.
	params := graph.NewParams(tensor.Float64)
	first := must(layers.NewTimeDense(params, "first", 2, 16, ops.Tanh, rng))
	second := must(layers.NewDense(params, "second", 16, 2, ops.Identity, rng))
	head := must(layers.NewDense(params, "head", 2, 2, ops.Identity, rng))
	penalty := integrators.Regularizer{Term: integrators.Error, Aggregation: ops.Sum}
	ode := must(layers.NewNeuralODE(params, layers.Chain{first, second}, integrators.Tsit5, 0, 1,
		&integrators.Settings{AbsTol: 1e-6, RelTol: 1e-6, Regularizers: []integrators.Regularizer{penalty}}))
	model := layers.Classifier{Logits: layers.Chain{ode, head}}

	// The loss: cross entropy + λ·Σ E_j|h_j|.
	objective := must(graph.NewObjective(params, []graph.Input{
		{Name: "points", Dtype: tensor.Float64, Shape: points.Shape()},
		{Name: "classes", Dtype: tensor.Float64, Shape: classes.Shape()},
		{Name: "lambda", Dtype: tensor.Float64},
	}, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		loss, err := model.Loss(s, in[0], in[1])
		if err != nil {
			return nil, err
		}
		return losses.Penalized(s, loss, penalty.String(), in[2])
	}, nil))

	// Train twice from the same start: without the penalty, and with it.
	start := params.Float64s()
	for _, lambda := range []float64{0, 0.3} {
		params.SetFloat64s(start)
		adam := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.03}))
		for range 150 {
			if _, _, err := objective.Evaluate(points, classes, gorgonia.NewF64(lambda)); err != nil {
				log.Fatal(err)
			}
			if err := adam.Step([]gorgonia.ValueGrad{params}); err != nil {
				log.Fatal(err)
			}
		}
		correct := must(layers.Correct(objective.Recorded(layers.LogitsRecord)[0], labels))
		fmt.Printf("λ = %g: %d of 100 correct with %d evaluations of f\n", lambda, correct, ode.ODE().Last().NFE)
	}
	// Output:
	// λ = 0: 100 of 100 correct with 201 evaluations of f
	// λ = 0.3: 99 of 100 correct with 147 evaluations of f
}

// must returns v, or ends the program.
func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
