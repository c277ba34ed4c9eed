package layers_test

import (
	"fmt"
	"log"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// Logistic growth z' = r·z − q·z² is known but for r and q, which are estimated
// from measurements.
func Example_knownEquation() {
	params := graph.NewParams(tensor.Float64)
	guess := func(w []float64) { w[0] = 1 }
	r := must(params.Add("r", guess, 1, 1))
	q := must(params.Add("q", guess, 1, 1))
	growth := layers.LayerFunc(func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		linear := gorgonia.Must(ops.MatMul(z, gorgonia.Must(s.Param(r)), false, false))
		square := gorgonia.Must(ops.MatMul(gorgonia.Must(ops.Power(z, 2)), gorgonia.Must(s.Param(q)), false, false))
		return ops.LinComb([]ops.Term{{X: linear, C: 1}, {X: square, C: -1}}, nil, nil)
	})

	times := []float64{0.5, 1, 1.5, 2, 3, 4}
	measured := make([]float64, len(times)) // with r = 1.5 and the capacity r/q = 3
	for i, t := range times {
		measured[i] = 3 / (1 + (3/0.2-1)*math.Exp(-1.5*t))
	}
	start := tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{0.2}))
	data := tensor.New(tensor.WithShape(len(times), 1), tensor.WithBacking(measured))

	node := must(layers.NewNeuralODE(params, growth, 0, 4, integrators.Tsit5, &integrators.Settings{SaveAt: times}))
	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		return losses.MeanSquaredError(gorgonia.Must(node.Forward(s, in[0])), in[1])
	}, nil))
	solver := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.03}))
	for range 400 {
		if _, err := objective.Evaluate(start, data); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step([]gorgonia.ValueGrad{params}); err != nil {
			log.Fatal(err)
		}
	}
	theta := params.Float64s()
	fmt.Printf("r = %.2f, capacity %.2f\n", theta[0], theta[0]/theta[1])
	// Output:
	// r = 1.50, capacity 3.00
}
