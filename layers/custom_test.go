package layers_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// The gradient through a solve with a layer of stock operations, parameter by
// parameter, is that of central differences.
func TestCustomLayerGradient(t *testing.T) {
	for _, memory := range []integrators.Memory{integrators.Store, integrators.Checkpoint} {
		rng := rand.New(rand.NewPCG(2, 0))
		params := graph.NewParams(tensor.Float64)
		gated := must(NewGated(params, "gated", 2, 3, rng))
		out := must(layers.NewDense(params, "out", 3, 2, layers.Identity, rng))
		// Steps of fixed size, so that the loss is a smooth function.
		node := must(layers.NewNeuralODE(params, layers.Chain{gated, out}, 0, 1, integrators.Tsit5,
			&integrators.Settings{FixedSteps: 3, Memory: memory}))
		x := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, -0.5, 0.3, 2}))
		y := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{0.5, 1, -2, 0.3}))
		objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			z, err := node.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			return losses.SumSquaredError(z, in[1])
		}, nil))
		loss := func(theta []float64) float64 {
			params.SetFloat64s(theta)
			l, err := objective.Evaluate(x, y)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}

		theta := params.Float64s()
		loss(theta)
		grad := value.Float64s(must(params.Grad()))
		const h = 1e-5
		for i := range theta {
			at := theta[i]
			theta[i] = at + h
			above := loss(theta)
			theta[i] = at - h
			below := loss(theta)
			theta[i] = at
			if want := (above - below) / (2 * h); !(math.Abs(grad[i]-want) <= 1e-7*(1+math.Abs(want))) {
				t.Errorf("memory %d: derivative by entry %d is %v, central difference %v", memory, i, grad[i], want)
			}
		}
	}
}
