package losses

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// GaussianLogLikelihood returns the log likelihood of the data y given predictions x with
// standard deviation σ, summed over times and features and averaged over the batch:
//
//	Σ ( −(x − y)²/(2σ²) − ln σ − ½ ln 2π ) / batch
//
// x and y are (times·batch, dim).
func GaussianLogLikelihood(x, y *gorgonia.Node, batch int, sigma float64) (*gorgonia.Node, error) {
	if x == nil {
		return nil, errors.New("log likelihood of nil")
	}
	if batch <= 0 || len(x.Shape()) != 2 || x.Shape()[0]%batch != 0 {
		return nil, errors.Errorf("log likelihood of %v for a batch of %d, expected a matrix (times·batch, dim)", x.Shape(), batch)
	}
	difference, err := ops.LinComb([]ops.Term{{X: x, C: 1}, {X: y, C: -1}}, nil, nil)
	if err != nil {
		return nil, errors.Wrap(err, "log likelihood")
	}
	l, err := ops.NormalLogDensity(difference, sigma)
	if err != nil {
		return nil, errors.Wrap(err, "log likelihood")
	}
	if l, err = ops.Mean(l); err != nil {
		return nil, err
	}
	return ops.LinComb([]ops.Term{{X: l, C: float64(x.Shape()[0] / batch)}}, nil, nil)
}

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
