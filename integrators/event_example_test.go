package integrators_test

import (
	"fmt"
	"log"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// column returns column j of a state (1, dim), and row the state of three columns.
func column(z *gorgonia.Node, j int) *gorgonia.Node { return gorgonia.Must(ops.Block(z, 0, 1, j, j+1)) }

func row(x, v, t *gorgonia.Node) *gorgonia.Node { return gorgonia.Must(ops.Beside(x, v, t)) }

// fall is the motion of a ball whose state is (height, velocity, time).
func fall(gravity *graph.Param) integrators.Dynamics {
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		g := gorgonia.Must(s.Param(gravity))
		one := gorgonia.Must(s.Data(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{1}))))
		return row(column(z, 1), gorgonia.Must(gorgonia.Neg(g)), one), nil
	}
}

// floor is the height of the ball, and due the time since t = 5.
func floor(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.Sum(column(z, 0))
}

func due(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.Sub(gorgonia.Must(gorgonia.Sum(column(z, 2))), gorgonia.NewConstant(5.0))
}

// flight adds the flight of a ball from a state, piece by piece, and returns the state
// at its end. ode has the events floor and due, and ends at the first of them.
func flight(s *graph.Scope, ode *integrators.Solver, restitution *graph.Param, z *gorgonia.Node) (*gorgonia.Node, error) {
	for range 100 {
		out, err := ode.Unroll(s, z)
		if err != nil {
			return nil, err
		}
		if z = out[0]; ode.Last().Event == 1 {
			return z, nil
		}
		s.Record("bounce", column(z, 2))
		kept := gorgonia.Must(gorgonia.HadamardProd(gorgonia.Must(s.Param(restitution)), column(z, 1)))
		z = row(column(z, 0), gorgonia.Must(gorgonia.Neg(kept)), column(z, 2))
	}
	return nil, errors.New("more than 100 bounces")
}

// A ball falls from a height of 10, and bounces. Each piece of its flight is a solve
// that ends at an event: at the floor, where the next piece starts with a part of the
// velocity, or at t = 5. The time is a column of the state, so that where a piece
// starts is differentiated like everything else.
func ExampleSettings_events() {
	params := graph.NewParams(tensor.Float64)
	set := func(name string, x float64) *graph.Param {
		p, err := params.Add(name, func(w []float64) { w[0] = x }, 1, 1)
		if err != nil {
			log.Fatal(err)
		}
		return p
	}
	gravity, restitution := set("gravity", 9.8), set("restitution", 0.8)
	ode, err := integrators.NewSolver(integrators.Equation{Drift: fall(gravity), Params: params, T1: math.Inf(1)}, integrators.Tsit5, &integrators.Settings{
		Events:       []integrators.Event{{G: floor, Direction: integrators.Falling}, {G: due}},
		RequireEvent: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	objective, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, err := flight(s, ode, restitution, in[0])
		if err != nil {
			return nil, err
		}
		return gorgonia.Sum(column(z, 0))
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	height, err := objective.Evaluate(tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float64{10, 0, 0})))
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range objective.Recorded("bounce") {
		fmt.Printf("a bounce at t = %.6f\n", value.Scalar(t))
	}
	grad, err := params.Grad()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("height %.6f at t = 5, derivatives by gravity and restitution %.6f\n", height, value.Float64s(grad))
	// Output:
	// a bounce at t = 1.428571
	// a bounce at t = 3.714286
	// height 3.420000 at t = 5, derivatives by gravity and restitution [-0.928571 39.200000]
}
