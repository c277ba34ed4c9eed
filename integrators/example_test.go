package integrators_test

import (
	stderrors "errors"
	"fmt"
	"log"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// logistic is the field z·(1 - z).
func logistic(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	left, err := gorgonia.Sub(gorgonia.NewConstant(1.0), z)
	if err != nil {
		return nil, err
	}
	return gorgonia.HadamardProd(z, left)
}

// Solve the logistic equation from three initial values at once.
func Example() {
	ode, err := integrators.NewSolver(integrators.Equation{Drift: logistic, T1: 2}, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-8, RelTol: 1e-8})
	if err != nil {
		log.Fatal(err)
	}
	z0 := tensor.New(tensor.WithShape(3, 1), tensor.WithBacking([]float64{0.1, 0.5, 0.9}))
	sol, err := ode.Predict(z0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.5f after %d evaluations in %d steps\n", sol.Z.Data(), sol.NFE, sol.Accepted)
	fmt.Printf("%.5f exactly\n", []float64{1 / (1 + 9*math.Exp(-2)), 1 / (1 + math.Exp(-2)), 1 / (1 + math.Exp(-2)/9)})
	// Output:
	// [0.45085 0.88080 0.98519] after 105 evaluations in 17 steps
	// [0.45085 0.88080 0.98519] exactly
}

// The solution at given times comes from the method's dense output and shortens
// no step.
func ExampleSettings_saveAt() {
	ode, err := integrators.NewSolver(integrators.Equation{Drift: logistic, T1: 4}, integrators.Tsit5, &integrators.Settings{
		SaveAt: []float64{0, 1, 2, 3, 4}, Record: true})
	if err != nil {
		log.Fatal(err)
	}
	sol, err := ode.Predict(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{0.1})))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", sol.Z.Data())
	for _, s := range sol.Steps {
		fmt.Printf("from %.3f to %.3f with E = %.0e\n", s.T, s.T+s.H, s.E)
	}
	// Output:
	// [0.100 0.232 0.451 0.691 0.858]
	// from 0.000 to 0.102 with E = 2e-06
	// from 0.102 to 0.379 with E = 2e-04
	// from 0.379 to 0.768 with E = 8e-04
	// from 0.768 to 1.251 with E = 1e-03
	// from 1.251 to 1.874 with E = 8e-04
	// from 1.874 to 2.770 with E = 2e-02
	// from 2.770 to 3.583 with E = 6e-03
	// from 3.583 to 4.000 with E = 2e-04
}

// A solve that cannot reach its end says why and where: z' = z² has a pole.
func ExampleFailure() {
	square := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.HadamardProd(z, z) }
	ode, err := integrators.NewSolver(integrators.Equation{Drift: square, T1: 2}, integrators.Tsit5, nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = ode.Predict(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{1})))
	var f *integrators.Failure
	if stderrors.As(err, &f) {
		fmt.Printf("%v at t = %.3f\n", f.Reason, f.T)
	}
	// Output:
	// step size underflow at t = 1.000
}

// What the solver estimates of its own error becomes part of the loss, and its
// derivative part of the gradient.
func ExampleSolver_Unroll() {
	params := graph.NewParams(tensor.Float64)
	rate, err := params.Add("rate", func(w []float64) { w[0] = -3 }, 1, 1)
	if err != nil {
		log.Fatal(err)
	}
	ode, err := integrators.NewSolver(integrators.Equation{Drift: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		a, err := s.Param(rate)
		if err != nil {
			return nil, err
		}
		return gorgonia.Mul(z, a)
	}, Params: params, T1: 1}, integrators.Tsit5,

		&integrators.Settings{Regularizers: []integrators.Regularizer{
			{Term: integrators.Error, Aggregation: integrators.Sum},
			{Term: integrators.Stiffness, Aggregation: integrators.Max},
		}})
	if err != nil {
		log.Fatal(err)
	}
	z0 := tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{1}))
	for i, name := range []string{"R_E", "R_S"} {
		objective, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			out, err := ode.Unroll(s, in[0])
			if err != nil {
				return nil, err
			}
			return out[1+i], nil
		}, nil)
		if err != nil {
			log.Fatal(err)
		}
		r, err := objective.Evaluate(z0)
		if err != nil {
			log.Fatal(err)
		}
		grad, err := params.Grad()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s = %.4f, derivative by the rate %.4f\n", name, r, value.Scalar(grad))
	}
	// Output:
	// R_E = 0.0122, derivative by the rate -0.0138
	// R_S = 3.0000, derivative by the rate -1.0000
}
