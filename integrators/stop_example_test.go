package integrators_test

import (
	"context"
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
)

// A drug decays, z' = -z/4, and is infused at a rate of 100 for a short time from
// t = 6 on. The dynamics jump at both ends of it.
func ExampleSettings_stopAt() {
	const from, to = 6, 6.01
	infusion := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		t, err := s.Time()
		if err != nil {
			return nil, err
		}
		started := gorgonia.Must(gorgonia.Gte(t, gorgonia.NewConstant(float64(from)), true))
		ended := gorgonia.Must(gorgonia.Gte(t, gorgonia.NewConstant(float64(to)), true))
		rate := gorgonia.Must(gorgonia.Mul(gorgonia.NewConstant(100.0), gorgonia.Must(gorgonia.Sub(started, ended))))
		decay := gorgonia.Must(gorgonia.Mul(gorgonia.NewConstant(-0.25), z))
		return gorgonia.Add(decay, rate)
	}
	ctx := context.Background()
	for _, stops := range [][]float64{nil, {from, to}} {
		ode, err := integrators.NewSolver(integrators.Equation{Drift: infusion, T1: 10}, integrators.Tsit5, &integrators.Settings{
			AbsTol: 1e-8, RelTol: 1e-8, StopAt: stops,
			Observe: func(integrators.Step) error { return ctx.Err() },
		})

		if err != nil {
			log.Fatal(err)
		}
		sol, err := ode.Predict(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{0})))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("stops at %v: z(10) = %.6f, %d steps rejected\n", stops, sol.Z.Data(), sol.Rejected)
	}
	// Output:
	// stops at []: z(10) = [0.000000], 0 steps rejected
	// stops at [6 6.01]: z(10) = [0.368340], 0 steps rejected
}
