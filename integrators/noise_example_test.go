package integrators_test

import (
	"fmt"
	"log"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
)

// Two processes turn a vector about two axes, dX = B₁X∘dW₁ + B₂X∘dW₂ in the sense of
// Stratonovich, so that it keeps its length on every path. Column i·2 + j of the
// diffusion is what process j drives entry i by.
func ExampleEquation_generalNoise() {
	turns := tensor.New(tensor.WithShape(3, 6), tensor.WithBacking([]float64{
		0, 0, 1, 0, 0, 0,
		-1, 0, 0, 0, 0, 0.8,
		0, 0, 0, -0.8, 0, 0,
	}))
	by := func(m gorgonia.Value) integrators.Dynamics {
		return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			n, err := s.Data(m)
			if err != nil {
				return nil, err
			}
			return gorgonia.Mul(x, n)
		}
	}
	equation := integrators.Equation{
		Drift: by(tensor.New(tensor.WithShape(3, 3), tensor.WithBacking(make([]float64, 9)))), Diffusion: by(turns), T1: 1,
		Form: integrators.General, Processes: 2, Calculus: integrators.Stratonovich,
	}
	_, err := integrators.NewSolver(equation, integrators.SOSRI, nil)
	fmt.Println(err)

	sde, err := integrators.NewSolver(equation, integrators.SPaRK, &integrators.Settings{AbsTol: 1e-3, RelTol: 1e-3})
	if err != nil {
		log.Fatal(err)
	}
	sol, err := sde.Predict(tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float64{0.6, 0, 0.8})))
	if err != nil {
		log.Fatal(err)
	}
	length := 0.0
	for _, x := range sol.Z.Data().([]float64) {
		length += x * x
	}
	fmt.Printf("length %.2f\n", math.Sqrt(length))
	// Output:
	// SOSRI: an equation of general noise, expected one of diagonal, additive, scalar or commutative noise
	// length 1.00
}
