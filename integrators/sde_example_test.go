package integrators_test

import (
	"fmt"
	"log"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/integrators"
)

// Solve dX = 0.5X dt + 0.7X dW for three trajectories, which have the noise of
// their keys. The solution, X(0) exp((0.5 - 0.7²/2)t + 0.7W(t)), depends on where
// their paths end.
func ExampleNewSolver_noise() {
	times := func(c float64) integrators.Dynamics {
		return func(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			return ops.LinComb([]ops.Term{{X: x, C: c}}, nil, nil)
		}
	}
	noise := &integrators.Noise{Seed: 1, Keys: []uint64{10, 11, 12}}
	sde, err := integrators.NewSolver(integrators.Equation{Drift: times(0.5), Diffusion: times(0.7), T1: 1, Noise: noise}, integrators.SOSRI,
		&integrators.Settings{AbsTol: 0.02, RelTol: 0.02})

	if err != nil {
		log.Fatal(err)
	}
	start := tensor.New(tensor.WithShape(3, 1), tensor.WithBacking([]float64{1, 1, 2}))
	sol, err := sde.Predict(start)
	if err != nil {
		log.Fatal(err)
	}

	path, err := noise.Sample(3, 1, 0, 1)
	if err != nil {
		log.Fatal(err)
	}
	exact := make([]float64, 3)
	for i, x := range start.Float64s() {
		w := 0.0
		for _, p := range path {
			w += p.DW[i]
		}
		exact[i] = x * math.Exp(0.5-0.7*0.7/2+0.7*w)
	}
	fmt.Printf("%.2f with %d evaluations of drift and diffusion each\n", sol.Z.Data(), sol.NFE)
	fmt.Printf("%.2f exactly\n", exact)
	// Output:
	// [1.74 1.55 1.20] with 486 evaluations of drift and diffusion each
	// [1.74 1.55 1.20] exactly
}
