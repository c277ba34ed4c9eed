// Package losses holds what is minimized.
//
// CrossEntropy, MeanSquaredError and SumSquaredError compare a model with data,
// MeanMomentError and SumMomentError (Eq. 17 of the paper) the means and variances
// of trajectories with those of data. NegativeLogLikelihood is what continuous
// normalizing flows minimize.
// Penalized adds what the solvers of the model have recorded about themselves,
// the regularizers R_E and R_S of Eq. 9 and 11 of Pal et al., Opening the
// Blackbox (2021), with a weight that an Annealing lowers from epoch to epoch.
// EndTime and SaveTimes draw the random times of STEER, a regularizer that needs
// nothing from the solver.
//
// Losses are scalars, and NormalLogLikelihood is a column of one for each row. All
// are nodes of the graph they are traced in; randomness is passed in.
package losses

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// CrossEntropy returns the mean over the batch of −log softmax(logits)[label]
// for logits (batch, classes) and class numbers (batch) of the same element
// type, a scalar.
func CrossEntropy(logits, labels *gorgonia.Node) (*gorgonia.Node, error) {
	return ops.CrossEntropy(logits, labels)
}

// MeanSquaredError returns the mean of (x − y)² over all entries of two
// matrices, a scalar.
func MeanSquaredError(x, y *gorgonia.Node) (*gorgonia.Node, error) {
	if x == nil {
		return nil, errors.New("mean squared error of nil")
	}
	return ops.SquaredError(x, y, 1/float64(x.Shape().TotalSize()))
}

// SumSquaredError returns Σ (x − y)² over all entries of two matrices, a scalar.
func SumSquaredError(x, y *gorgonia.Node) (*gorgonia.Node, error) {
	return ops.SquaredError(x, y, 1)
}

// Penalized returns loss + λ·Σ r over the scalars recorded under a key, in most cases
// an integrators.Regularizer: that of every differential equation in the model.
// The weight λ is a scalar node, so that annealing it needs no new graph. A key
// under which nothing was recorded is an error.
func Penalized(s *graph.Scope, loss *gorgonia.Node, key any, lambda *gorgonia.Node) (*gorgonia.Node, error) {
	switch {
	case s == nil:
		return nil, errors.Errorf("penalty by %q: scope is nil", key)
	case loss == nil:
		return nil, errors.Errorf("penalty by %q: loss is nil", key)
	}
	if lambda == nil || len(lambda.Shape()) != 0 {
		return nil, errors.Errorf("weight of %q is %v, expected a scalar", key, lambda)
	}
	r := s.Recorded(key)
	if len(r) == 0 {
		return nil, errors.Errorf("no differential equation of the model records %q", key)
	}
	terms := []ops.Term{{X: loss, C: 1}}
	for _, n := range r {
		terms = append(terms, ops.Term{X: n, C: 1, Scaled: true})
	}
	return ops.LinComb(terms, lambda, nil)
}
