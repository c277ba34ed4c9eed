package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Quadrature returns |h|·Σ b_i·g_i for scalars g_i of one element type, what an
// integral grows by in a step of size h of a Runge–Kutta method with weights b.
// A g_i whose weight is zero may be nil. h is a float64 scalar, which is not
// differentiated. The g_i and h may be columns (rows, 1) instead, of rows by themselves.
func Quadrature(g gorgonia.Nodes, b []float64, h *gorgonia.Node) (*gorgonia.Node, error) {
	if len(g) != len(b) {
		return nil, errors.Errorf("quadrature: %d values and %d weights, expected as many", len(g), len(b))
	}
	var terms []Term
	for i, x := range g {
		switch {
		case b[i] == 0:
		case x == nil:
			return nil, errors.Errorf("quadrature: value %d is nil, expected a node", i)
		case len(x.Shape()) != 0 && !(byRows(x) && x.Shape()[1] == 1):
			return nil, errors.Errorf("quadrature: value %d has shape %v, expected a scalar or a column", i, x.Shape())
		default:
			terms = append(terms, Term{X: x, C: b[i]})
		}
	}
	sum, err := LinComb(terms, nil, nil)
	if err != nil {
		return nil, errors.Wrap(err, "quadrature")
	}
	return perStep("quadrature", sum, h)
}
