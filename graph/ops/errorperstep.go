package ops

import (
	"math"

	"gorgonia.org/gorgonia"
)

// ErrorPerStep returns E·|h|, the term of the regularizer R_E (Eq. 9 of Pal et
// al., 2021), for a scalar E and the float64 step size h, which is not
// differentiated, or for columns (rows, 1) of both, row by row.
func ErrorPerStep(e, h *gorgonia.Node) (*gorgonia.Node, error) {
	return perStep("error per step", e, h)
}

// perStep returns x·|h|.
func perStep(name string, x, h *gorgonia.Node) (*gorgonia.Node, error) {
	return scalarOp(name, x, h,
		func(x, h float64) float64 { return x * math.Abs(h) },
		func(_, h, g float64) float64 { return g * math.Abs(h) })
}

// SquaredPerStep returns E², the squared variant of the regularizer, for what
// ErrorPerStep takes. The values of h are not used.
func SquaredPerStep(e, h *gorgonia.Node) (*gorgonia.Node, error) {
	return scalarOp("squared error per step", e, h,
		func(e, _ float64) float64 { return e * e },
		func(e, _, g float64) float64 { return 2 * e * g })
}
