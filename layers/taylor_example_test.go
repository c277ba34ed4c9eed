package layers_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// Bell is the layer exp(−x²/2), elementwise. It can be expanded in a Taylor
// series, because what it is made of can.
type Bell struct{}

var _ layers.Taylor = Bell{}

// Forward is the first call of a series.
func (b Bell) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	next, err := b.Series()
	if err != nil {
		return nil, err
	}
	return next(s, x)
}

// Series expands the layer.
func (Bell) Series() (layers.Series, error) {
	square, err := layers.Expand(layers.Power(2))
	if err != nil {
		return nil, err
	}
	exp, err := layers.Expand(layers.Exp)
	if err != nil {
		return nil, err
	}
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		u, err := square(s, x)
		if err != nil {
			return nil, err
		}
		// What is linear acts on every derivative alike.
		if u, err = ops.LinComb([]ops.Term{{X: u, C: -0.5}}, nil, nil); err != nil {
			return nil, err
		}
		return exp(s, u)
	}, nil
}

// A TayNODE: a neural ODE whose solutions are to have small third derivatives,
// with a layer of one's own in its dynamics.
func ExampleTaylorIntegrand() {
	params := graph.NewParams(tensor.Float64)
	rng := rand.New(rand.NewPCG(1, 0))
	f := layers.Chain{
		must(layers.NewTimeDense(params, "in", 2, 16, layers.Tanh, rng)),
		Bell{},
		must(layers.NewDense(params, "out", 16, 2, layers.Identity, rng)),
	}
	integrand, err := layers.TaylorIntegrand(f, 3)
	if err != nil {
		log.Fatal(err) // names a layer that cannot be expanded
	}
	r3 := integrators.Regularizer{Term: integrators.Integral}
	node := must(layers.NewNeuralODE(params, f, 0, 1, integrators.Tsit5, &integrators.Settings{
		AbsTol: 1e-6, RelTol: 1e-6, Integrand: integrand, Regularizers: []integrators.Regularizer{r3},
	}))
	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, err := node.Forward(s, in[0])
		if err != nil {
			return nil, err
		}
		loss, err := losses.MeanSquaredError(z, in[0])
		if err != nil {
			return nil, err
		}
		return losses.Penalized(s, loss, r3, in[1])
	}, nil))
	_, err = objective.Evaluate(matrix(1, 2, 1, -1), gorgonia.NewF64(0.01))
	if err != nil {
		log.Fatal(err)
	}
	value := value.Scalar(objective.Recorded(r3)[0])
	fmt.Println(r3, "is positive:", value > 0 && !math.IsInf(value, 0))
	// Output: sum of integral is positive: true
}
