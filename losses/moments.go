package losses

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// SumMomentError returns the generalized method of moments of Eq. 17 of Pal et
// al. (2021) without its regularizer,
//
//	Σ_i ‖μ_i − μ̂_i‖² + ‖σ²_i − σ̂²_i‖²
//
// over the save times i, a scalar. The states y (times·n, dim) are n ≥ 2
// trajectories stacked as solvers return them: row i·n + k is trajectory k at
// save time i. Their means μ̂ and variances σ̂², per save time and dimension,
// are compared with the targets mean and variance (times, dim). Arguments that
// do not fit are an error.
//
// The paper writes (μ_i − μ̂_i)², where states have two components, and calls it
// an L2 distance, which is the sum over dimensions here. It does not say what
// the variance is divided by; this is the sample variance, with n − 1, as in the
// official code. Penalized adds the regularizer, λ·R_E.
func SumMomentError(y *gorgonia.Node, n int, mean, variance *gorgonia.Node) (*gorgonia.Node, error) {
	return momentError(SumSquaredError, y, n, mean, variance)
}

// MeanMomentError is SumMomentError as the official code of the paper has it:
// the mean over all entries (times, dim) of (μ − μ̂)² plus that of (σ² − σ̂²)²,
// which is the sum divided by times·dim. For the spiral, 30 save times and two
// dimensions, it is a sixtieth of Eq. 17, so a weight λ of a regularizer beside
// it does what 60·λ does in Eq. 17. The losses in the paper's table 3 are of
// this form.
func MeanMomentError(y *gorgonia.Node, n int, mean, variance *gorgonia.Node) (*gorgonia.Node, error) {
	return momentError(MeanSquaredError, y, n, mean, variance)
}

func momentError(distance func(x, y *gorgonia.Node) (*gorgonia.Node, error), y *gorgonia.Node, n int, mean, variance *gorgonia.Node) (*gorgonia.Node, error) {
	m, v, err := ops.SampleMoments(y, n)
	if err != nil {
		return nil, err
	}
	dm, err := distance(m, mean)
	if err != nil {
		return nil, errors.Wrap(err, "target means")
	}
	dv, err := distance(v, variance)
	if err != nil {
		return nil, errors.Wrap(err, "target variances")
	}
	return ops.LinComb([]ops.Term{{X: dm, C: 1}, {X: dv, C: 1}}, nil, nil)
}
