package integrators

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// Integrand adds the right-hand side k = f(z, t), exactly as the Dynamics of the
// ordinary equation do, and with it the scalars g(z, t) whose integrals along the
// solution can be wanted, of the element type of z, always in the same order: a
// Regularizer says by its Index which one is meant, and a step has only those that
// some regularizer means. With steps per row each is a column (batch, 1), a number for
// every row: see graph.Scope.PerRow. They come together with f because in most cases they are
// made of what f is made of.
//
// An integral is solved for as one more row of the state would be, r' = g, but
// takes no part in the error estimate: since g does not depend on r, it grows by
// |h|·Σ b_i g_i in an accepted step, over the stages with a weight. So steps and
// evaluations are those of the solve without it, and where nothing is
// differentiated it is not computed at all. A Rosenbrock method, whose steps are no
// sums of slopes, has no integrals.
type Integrand func(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error)

// integralsOf returns the indices of the integrals among the regularizers, each once.
func integralsOf(rs []Regularizer) (indices []int) {
	for _, r := range rs {
		if r.Term == Integral && !slices.Contains(indices, r.Index) {
			indices = append(indices, r.Index)
		}
	}
	return indices
}

// choose returns, of the scalars g that an integrand returns with z, those with the
// indices.
func choose(indices []int, g gorgonia.Nodes, z *gorgonia.Node, perRow bool) (gorgonia.Nodes, error) {
	form, shape := "a scalar", tensor.Shape{}
	if perRow {
		form, shape = "a column", tensor.Shape{z.Shape()[0], 1}
	}
	chosen := make(gorgonia.Nodes, len(indices))
	for j, i := range indices {
		if i >= len(g) {
			return nil, errors.Errorf("regularizer %v of an integrand that returns %d scalars, expected an index below that",
				Regularizer{Term: Integral, Index: i}, len(g))
		}
		switch x := g[i]; {
		case x == nil:
			return nil, errors.Errorf("the integrand maps %v to nothing in place of scalar %d", z.Shape(), i)
		case x.Dtype() != z.Dtype() || !slices.Equal(x.Shape(), shape):
			return nil, errors.Errorf("the integrand maps %v of %v to %v of %v, expected %s of the same element type",
				z.Shape(), z.Dtype(), x.Shape(), x.Dtype(), form)
		default:
			chosen[j] = x
		}
	}
	return chosen, nil
}
