package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Integrand adds the right-hand side k = f(z, t), exactly as the Dynamics of the
// ODE do, and with it a scalar g(z, t) whose integral along the solution is
// wanted, of the element type of z. The two come together because in most cases
// g is made of what f is made of.
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

// evaluateIntegrand adds f and g at (z, t + c·h).
func (o *ODE) evaluateIntegrand(sc *graph.Scope, z, t, h *gorgonia.Node, c float64) (k, g *gorgonia.Node, err error) {
	at, err := ops.StageTime(t, h, c, z.Dtype())
	if err != nil {
		return nil, nil, err
	}
	now := sc.At(at)
	k, g, err = o.settings.Integrand(now, z)
	o.timed = o.timed || now.Timed()
	if err != nil {
		return nil, nil, errors.Wrap(err, "integrand")
	}
	if err := fits("dynamics of the integrand", z, k); err != nil {
		return nil, nil, err
	}
	switch {
	case g == nil:
		return nil, nil, errors.Errorf("the integrand maps %v to nothing, expected a scalar", z.Shape())
	case g.Dtype() != z.Dtype() || len(g.Shape()) != 0:
		return nil, nil, errors.Errorf("the integrand maps %v of %v to %v of %v, expected a scalar of the same element type",
			z.Shape(), z.Dtype(), g.Shape(), g.Dtype())
	}
	return k, g, nil
}
