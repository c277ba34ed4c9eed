package losses

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// NormalLogLikelihood returns the log-likelihood, in nats, of each of the data that
// a continuous normalizing flow takes to z (batch, dim),
//
//	log p(x) = log N(z; 0, I) − Δ
//
// as (batch, 1). Δ (batch, 1) is what the log density changes by along the flow
// dz/dt = f(z, t) from the data to z,
//
//	dΔ/dt = −tr ∂f/∂z,   Δ = 0 at the data
//
// (Chen, Rubanova, Bettencourt and Duvenaud, Neural ordinary differential equations,
// NeurIPS 2018, Eq. 8). A flow that integrates +tr ∂f/∂z has −Δ.
func NormalLogLikelihood(z, delta *gorgonia.Node) (*gorgonia.Node, error) {
	return normalLogLikelihood(z, delta, 1)
}

// NegativeLogLikelihood returns the mean over the batch of −log p(x), a scalar, in
// nats, with arguments as in NormalLogLikelihood. Its expectation is the
// Kullback–Leibler divergence of the model from the data, plus the entropy of the
// data, which no model gets below.
func NegativeLogLikelihood(z, delta *gorgonia.Node) (*gorgonia.Node, error) {
	l, err := normalLogLikelihood(z, delta, -1)
	if err != nil {
		return nil, err
	}
	return ops.Mean(l)
}

// normalLogLikelihood returns c times the log-likelihoods.
func normalLogLikelihood(z, delta *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	l, err := ops.NormalLogDensity(z, 1)
	if err != nil {
		return nil, errors.Wrap(err, "log likelihood")
	}
	l, err = ops.LinComb([]ops.Term{{X: l, C: c}, {X: delta, C: -c}}, nil, nil)
	return l, errors.Wrap(err, "change of the log density")
}
