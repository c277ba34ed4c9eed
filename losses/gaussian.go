package losses

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// MaskedLogLikelihood returns the mean over samples of the Gaussian log
// likelihood of the data y given predictions x with standard deviation σ, for
// each sample divided by the number of its observations:
//
//	Σ ( −M(x − y)²/(2σ²) − ln σ − ½ ln 2π ) / Σ M
//
// x, y and the mask M of 0 and 1 are (times·batch, dim), the times stacked, all
// rows of the first time first.
// This is what the official code of Pal et al. maximizes for PhysioNet, with
// σ = 0.01. Its constant is summed over all entries, observed or not, which
// moves the value but not the gradient. A sample without any observation counts
// as 0. It also returns the MaskedSquaredError that the likelihood is made of, to
// be reported without being computed again.
func MaskedLogLikelihood(x, y, mask *gorgonia.Node, batch int, sigma float64) (likelihood, squares *gorgonia.Node, err error) {
	if !(sigma > 0) || math.IsInf(sigma, 0) {
		return nil, nil, errors.Errorf("masked log likelihood: standard deviation %v, expected a positive number", sigma)
	}
	if squares, err = MaskedSquaredError(x, y, mask, batch); err != nil {
		return nil, nil, errors.Wrap(err, "masked log likelihood")
	}
	weight, err := ops.MeanReciprocalCount(mask, batch)
	if err != nil {
		return nil, nil, err
	}
	constant := -math.Log(sigma) - 0.5*math.Log(2*math.Pi)
	entries := float64(mask.Shape().TotalSize() / batch)
	likelihood, err = ops.LinComb([]ops.Term{{X: squares, C: -0.5 / (sigma * sigma)}, {X: weight, C: constant * entries}}, nil, nil)
	return likelihood, squares, err
}

// MaskedSquaredError returns the mean over samples of Σ M(x − y)² / Σ M, with
// arguments as in MaskedLogLikelihood: the loss that Table 2 of the paper
// reports, in units of 10⁻³.
func MaskedSquaredError(x, y, mask *gorgonia.Node, batch int) (*gorgonia.Node, error) {
	return ops.MaskedSquaredError(x, y, mask, batch)
}
