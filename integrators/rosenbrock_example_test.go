package integrators_test

import (
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/integrators"
)

// The oscillator of van der Pol relaxes a thousand times faster than it moves, and more:
// an explicit method takes 50 000 evaluations, which its stability asks for. What
// dynamics are made of must be differentiable twice: ops.Block and ops.Beside take
// columns apart and together.
func ExampleRosenbrock() {
	oscillator := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		batch := z.Shape()[0]
		x := gorgonia.Must(ops.Block(z, 0, batch, 0, 1))
		v := gorgonia.Must(ops.Block(z, 0, batch, 1, 2))
		xv := gorgonia.Must(gorgonia.HadamardProd(x, v))
		// dx/dt = v, dv/dt = 1000·(1 - x²)·v - x
		slope, err := ops.ProductSum([]ops.Product{{C: 1000, X: v}, {C: -1000, X: x, Y: xv}, {C: -1, X: x}})
		if err != nil {
			return nil, err
		}
		return ops.Beside(v, slope)
	}
	z0 := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{2, 0}))
	for _, method := range []integrators.Method{integrators.Tsit5, integrators.Rosenbrock23, integrators.Rodas5P} {
		ode, err := integrators.NewSolver(integrators.Equation{Drift: oscillator, T1: 10}, method, &integrators.Settings{AbsTol: 1e-5, RelTol: 1e-5})
		if err != nil {
			log.Fatal(err)
		}
		sol, err := ode.Predict(z0)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("x(10) = %.5f, in fewer than 200 evaluations: %v\n", sol.Z.Data().([]float64)[0], sol.NFE < 200)
	}
	// Output:
	// x(10) = 1.99331, in fewer than 200 evaluations: false
	// x(10) = 1.99331, in fewer than 200 evaluations: true
	// x(10) = 1.99331, in fewer than 200 evaluations: true
}
