package losses

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// MaskedLogLikelihood returns the mean over samples of the Gaussian log
// likelihood of the data y given predictions x with standard deviation σ, for
// each sample divided by the number of its observations:
//
//	Σ ( −M(x − y)²/(2σ²) − ln σ − ½ ln 2π ) / Σ M
//
// x, y and the mask M of 0 and 1 are (times·batch, dim), the times stacked.
// This is what the official code of Pal et al. maximizes for PhysioNet, with
// σ = 0.01. Its constant is summed over all entries, observed or not, which
// moves the value but not the gradient. A sample without any observation counts
// as 0.
func MaskedLogLikelihood(x, y, mask *gorgonia.Node, batch int, sigma float64) (*gorgonia.Node, error) {
	return ops.MaskedLogLikelihood(x, y, mask, batch, sigma)
}

// MaskedSquaredError returns the mean over samples of Σ M(x − y)² / Σ M, with
// arguments as in MaskedLogLikelihood: the loss that Table 2 of the paper
// reports, in units of 10⁻³.
func MaskedSquaredError(x, y, mask *gorgonia.Node, batch int) (*gorgonia.Node, error) {
	return ops.MaskedSquaredError(x, y, mask, batch)
}
