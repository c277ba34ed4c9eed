package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// FlowPoint is a point of a flow at the time of a scope: the state Z and the field F =
// f(z, t), matrices (batch, dim), and the Products eᵀJ (batch, dim) with its Jacobian
// that the divergence is made of.
type FlowPoint struct {
	Z, F     *gorgonia.Node
	Products gorgonia.Nodes
}

// A FlowPenalty adds a scalar that is integrated along a flow, of the element type of
// the state, with steps per row a column (batch, 1).
type FlowPenalty func(s *graph.Scope, at FlowPoint) (*gorgonia.Node, error)

var _, _ FlowPenalty = KineticPenalty, JacobianPenalty

// meanSquare adds the mean of x² over all entries, with steps per row over those of each
// row.
func meanSquare(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if s.PerRow() {
		return ops.RowMeanSquare(x)
	}
	return ops.MeanSquare(x)
}

// KineticPenalty is the kinetic energy mean(f²) over the entries of the batch, the
// first penalty of Finlay, Jacobsen, Nurbekyan and Oberman, How to train your neural
// ODE (ICML 2020), whose code halves it.
func KineticPenalty(s *graph.Scope, at FlowPoint) (*gorgonia.Node, error) {
	return meanSquare(s, at.F)
}

// JacobianPenalty is mean((eᵀJ)²) over the entries of the batch, the second penalty of
// Finlay et al.: by a probe an estimate of ‖J‖²/dim, and that itself of the exact
// divergence, where it is summed over the unit vectors.
func JacobianPenalty(s *graph.Scope, at FlowPoint) (*gorgonia.Node, error) {
	squares := make(gorgonia.Nodes, len(at.Products))
	for i, p := range at.Products {
		var err error
		if squares[i], err = meanSquare(s, p); err != nil {
			return nil, err
		}
	}
	if len(squares) == 0 {
		return nil, errors.New("Jacobian penalty without products with the Jacobian, expected those of a divergence")
	}
	return ops.Total(0, squares)
}

// TaylorPenalty is mean(z⁽ᴷ⁾²) of the dynamics f and K = order, see TaylorIntegrand.
func TaylorPenalty(f Layer, order int) (FlowPenalty, error) {
	if _, err := TaylorIntegrand(f, order); err != nil {
		return nil, err
	}
	return func(s *graph.Scope, at FlowPoint) (*gorgonia.Node, error) {
		d, err := Derivatives(s, f, at.Z, order)
		if err != nil {
			return nil, err
		}
		return meanSquare(s, d[order-1])
	}, nil
}
