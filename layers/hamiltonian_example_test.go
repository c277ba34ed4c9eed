package layers_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// Hamiltonian is the field q' = ∂H/∂p, p' = −∂H/∂q of states x = [q, p].
type Hamiltonian struct {
	H layers.Layer // energy, (batch, 2n) to (batch, 1)
}

// Forward maps x (batch, 2n) to its derivative.
func (f Hamiltonian) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	must := gorgonia.Must
	rows, n := x.Shape()[0], x.Shape()[1]/2
	ones := tensor.New(tensor.WithShape(rows, 1), tensor.WithBacking(slices.Repeat([]float64{1}, rows)))
	d, err := s.VJP(must(f.H.Forward(s, x)), must(s.Data(ones)), x) // ∂H/∂x, row by row
	if err != nil {
		return nil, err
	}
	dq, dp := must(ops.Block(d[0], 0, rows, 0, n)), must(ops.Block(d[0], 0, rows, n, 2*n))
	return ops.Beside(dp, must(gorgonia.Neg(dq)))
}

// An energy learnt from the motion of pendulums: training differentiates the
// derivative that the dynamics are made of. Whatever was learnt, a solution keeps it.
func Example_hamiltonian() {
	rng := rand.New(rand.NewPCG(1, 0))
	params := graph.NewParams(tensor.Float64)
	field := Hamiltonian{layers.Chain{
		must(layers.NewDense(params, "hidden", 2, 32, layers.Tanh, rng)),
		must(layers.NewDense(params, "energy", 32, 1, layers.Identity, rng)),
	}}
	short := must(layers.NewNeuralODE(params, field, 0, 0.5, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-6, RelTol: 1e-6}))

	const pendulums = 64
	start := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(pendulums, 2))
	for i := range start.Float64s() {
		start.Float64s()[i] = 3*rng.Float64() - 1.5
	}
	end := must(pendulum(0.5).Predict(start)).Z

	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		return losses.MeanSquaredError(gorgonia.Must(short.Forward(s, in[0])), in[1])
	}, nil))
	solver := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.02}))
	var loss float64
	for range 150 {
		var err error
		if loss, err = objective.Evaluate(start, end); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step([]gorgonia.ValueGrad{params}); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("mean squared error below 1e-3:", loss < 1e-3)

	energy := func(x gorgonia.Value) float64 {
		out := must(must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			return gorgonia.Nodes{gorgonia.Must(field.H.Forward(s, in[0]))}, nil
		}, nil)).Predict(context.Background(), x))
		return value.Float64s(out[0])[0]
	}
	long := must(layers.NewNeuralODE(params, field, 0, 10, integrators.Vern7, &integrators.Settings{AbsTol: 1e-10, RelTol: 1e-10}))
	x := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, 0}))
	drift := energy(must(long.Predict(x)).Z) - energy(x)
	fmt.Println("energy kept to 1e-9 over ten units of time:", math.Abs(drift) < 1e-9)
	// Output:
	// mean squared error below 1e-3: true
	// energy kept to 1e-9 over ten units of time: true
}

// pendulum returns the motion q' = p, p' = −sin q over a time.
func pendulum(time float64) *layers.NeuralODE {
	return must(layers.NewNeuralODE(nil, layers.LayerFunc(func(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		rows := x.Shape()[0]
		q, p := gorgonia.Must(ops.Block(x, 0, rows, 0, 1)), gorgonia.Must(ops.Block(x, 0, rows, 1, 2))
		return ops.Beside(p, gorgonia.Must(gorgonia.Neg(gorgonia.Must(ops.Sin(q)))))
	}), 0, time, integrators.Vern7, &integrators.Settings{AbsTol: 1e-10, RelTol: 1e-10}))
}

// TestHamiltonianGradient compares the gradient through a solve of the Hamiltonian
// field of the example, and of a kinetic energy with a user's own operations, with
// differences.
func TestHamiltonianGradient(t *testing.T) {
	for name, h := range map[string]func(p *graph.Params, rng *rand.Rand) layers.Layer{
		"dense": func(p *graph.Params, rng *rand.Rand) layers.Layer {
			return layers.Chain{must(layers.NewDense(p, "a", 2, 4, layers.Softplus, rng)), must(layers.NewDense(p, "b", 4, 1, layers.Identity, rng))}
		},
		"gated": func(p *graph.Params, rng *rand.Rand) layers.Layer {
			return layers.Chain{must(NewGated(p, "a", 2, 4, rng)), must(layers.NewDense(p, "b", 4, 1, layers.Identity, rng))}
		},
	} {
		checkGradient(t, name, func(p *graph.Params, rng *rand.Rand) layers.Layer {
			return must(layers.NewNeuralODE(p, Hamiltonian{h(p, rng)}, 0, 1, integrators.Tsit5, &integrators.Settings{FixedSteps: 3}))
		}, weighted)
	}
}
