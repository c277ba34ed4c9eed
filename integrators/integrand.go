package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// Integrand adds the right-hand side k = f(z, t), exactly as the Dynamics of the
// ordinary equation do, and with it a scalar g(z, t) whose integral along the
// solution is wanted, of the element type of z. The two come together because in
// most cases g is made of what f is made of.
//
// The integral is solved for as one more row of the state would be, r' = g, but
// takes no part in the error estimate: since g does not depend on r, it grows by
// |h|·Σ b_i g_i in an accepted step, over the stages with a weight. So steps and
// evaluations are those of the solve without it, and where nothing is
// differentiated it is not computed at all.
type Integrand func(s *graph.Scope, z *gorgonia.Node) (k, g *gorgonia.Node, err error)

// integrates reports whether an integral is among the regularizers.
func integrates(rs []Regularizer) bool {
	for _, r := range rs {
		if r.Term == Integral {
			return true
		}
	}
	return false
}
