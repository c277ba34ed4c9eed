package integrators

import (
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// unroller is Solver.Unroll, or what stands in its place.
type unroller = func(s *graph.Scope, z0 *gorgonia.Node, context ...*gorgonia.Node) (gorgonia.Nodes, error)

// objectiveOf is the loss with every result of unroll in it, from its input.
func objectiveOf(t testing.TB, p *graph.Params, unroll unroller) *graph.Objective {
	t.Helper()
	return newObjective(t, p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) { return solveLoss(s, in[0], unroll) })
}

// objectiveFrom is the same from a parameter.
func objectiveFrom(t testing.TB, p *graph.Params, start *graph.Param, unroll unroller) *graph.Objective {
	t.Helper()
	return newObjective(t, p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		z0, err := s.Param(start)
		if err != nil {
			return nil, err
		}
		return solveLoss(s, z0, unroll)
	})
}

// secondResult is what unroll returns behind the state, from its input.
func secondResult(t testing.TB, p *graph.Params, unroll unroller) *graph.Objective {
	t.Helper()
	return newObjective(t, p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		out, err := unroll(s, in[0])
		if err != nil {
			return nil, err
		}
		return out[1], nil
	})
}

func newObjective(t testing.TB, p *graph.Params, build graph.LossBuilder) *graph.Objective {
	t.Helper()
	obj, err := graph.NewObjective(p, build, nil)
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

// expandedLoss is the loss of the exact number of steps and its gradient, in a
// graph of its own.
func expandedLoss(t testing.TB, o *Solver, p *graph.Params, z0 gorgonia.Value) (g *gorgonia.ExprGraph, loss, grad *gorgonia.Node) {
	t.Helper()
	g = gorgonia.NewGraph()
	s := graph.NewScope(g, p)
	in := gorgonia.NewMatrix(g, z0.Dtype(), gorgonia.WithShape(z0.Shape()...), gorgonia.WithName("z0"), gorgonia.WithValue(z0))
	loss, err := solveLoss(s, in, o.Expand)
	if err != nil {
		t.Fatal(err)
	}
	d, err := graph.Differentiate(loss, s.Theta())
	if err != nil {
		t.Fatal(err)
	}
	return g, loss, d[0]
}

// onTapeMachine runs the expanded loss on Gorgonia's tape machine.
func onTapeMachine(t testing.TB, o *Solver, p *graph.Params, z0 gorgonia.Value) (loss float64, grad []float64) {
	t.Helper()
	g, l, d := expandedLoss(t, o, p, z0)
	var lv, dv gorgonia.Value
	gorgonia.Read(l, &lv)
	gorgonia.Read(d, &dv)
	if err := gorgonia.NewTapeMachine(g).RunAll(); err != nil {
		t.Fatal(err)
	}
	return value.Scalar(lv), value.Float64s(dv)
}
