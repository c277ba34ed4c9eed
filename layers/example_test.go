package layers_test

import (
	"context"
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// Competition is a layer of one's own in stock operations: x ⊙ (1 - x·A), the
// growth of species that compete for what they live on (Lotka and Volterra). The
// parameter is declared once; Forward asks for its node in whatever graph it is
// traced into.
type Competition struct{ a *graph.Param }

// NewCompetition declares A (species, species), in which all compete alike.
func NewCompetition(p *graph.Params, species int) (Competition, error) {
	a, err := p.Add("a", func(w []float64) {
		for i := range w {
			w[i] = 0.5
		}
	}, species, species)
	return Competition{a}, err
}

// Forward maps populations x (batch, species) to their growth.
func (c Competition) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	a, err := s.Param(c.a)
	if err != nil {
		return nil, err
	}
	used, err := gorgonia.Mul(x, a)
	if err != nil {
		return nil, err
	}
	left, err := gorgonia.Sub(gorgonia.NewConstant(1.0), used)
	if err != nil {
		return nil, err
	}
	return gorgonia.HadamardProd(x, left)
}

// A layer is a type with a Forward method. It runs unchanged in a prediction, in
// training with compiled steps, kept or checkpointed, and with steps written
// out in the graph.
func ExampleLayer() {
	params := graph.NewParams(tensor.Float64)
	growth := must(NewCompetition(params, 2))
	now := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{0.3, 0.1}))
	for _, settings := range []integrators.Settings{
		{Mode: integrators.Called},
		{Mode: integrators.Called, Memory: integrators.Checkpoint},
		{Mode: integrators.Inline},
	} {
		future := must(layers.NewNeuralODE(params, growth, 0, 3, integrators.Tsit5, &settings))

		predictor := must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			then, err := future.Forward(s, in[0])
			return gorgonia.Nodes{then}, err
		}, nil))
		then := value.Float64s(must(predictor.Predict(context.Background(), now))[0])

		objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			then, err := future.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			return gorgonia.Sum(then)
		}, nil))
		total := must(objective.Evaluate(now))
		fmt.Printf("%.4f, in all %.4f, derivatives by A %.4f\n", then, total, value.Float64s(must(params.Grad())))
	}
	// Output:
	// [1.2509 0.4170], in all 1.6679, derivatives by A [-1.4868 -0.4956 -0.4956 -0.1652]
	// [1.2509 0.4170], in all 1.6679, derivatives by A [-1.4868 -0.4956 -0.4956 -0.1652]
	// [1.2509 0.4170], in all 1.6679, derivatives by A [-1.4868 -0.4956 -0.4956 -0.1652]
}
