package integrators_test

import (
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// Two integrals along the solution of z' = -2z from 1, of z² and of z'², which are
// part of the loss and of its gradient. By the rate a they are (exp(2a) - 1)/2a and
// a·(exp(2a) - 1)/2.
func ExampleIntegrand() {
	params := graph.NewParams(tensor.Float64)
	rate, err := params.Add("rate", func(w []float64) { w[0] = -2 }, 1, 1)
	if err != nil {
		log.Fatal(err)
	}
	slope := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.Mul(z, gorgonia.Must(s.Param(rate)))
	}
	size := integrators.Regularizer{Term: integrators.Integral}
	energy := integrators.Regularizer{Term: integrators.Integral, Index: 1}
	ode, err := integrators.NewSolver(integrators.Equation{Drift: slope, Params: params, T1: 1}, integrators.Tsit5, &integrators.Settings{
		AbsTol: 1e-8, RelTol: 1e-8, Regularizers: []integrators.Regularizer{size, energy},
		Integrand: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, gorgonia.Nodes, error) {
			k, err := slope(s, z)
			if err != nil {
				return nil, nil, err
			}
			return k, gorgonia.Nodes{gorgonia.Must(ops.MeanSquare(z)), gorgonia.Must(ops.MeanSquare(k))}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	objective, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		out, err := ode.Unroll(s, in[0])
		if err != nil {
			return nil, err
		}
		s.Record(size, out[1])
		s.Record(energy, out[2])
		return gorgonia.Add(out[1], out[2])
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	loss, err := objective.Evaluate(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{1})))
	if err != nil {
		log.Fatal(err)
	}
	grad, err := params.Grad()
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range ode.Regularizers() {
		fmt.Printf("%v: %.5f\n", r, value.Scalar(objective.Recorded(r)[0]))
	}
	fmt.Printf("loss %.5f, derivative by the rate %.5f\n", loss, value.Scalar(grad))
	// Output:
	// sum of integral: 0.24542
	// sum of integral 1: 0.98168
	// loss 1.22711, derivative by the rate -0.41392
}
