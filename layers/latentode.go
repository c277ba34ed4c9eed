package layers

import (
	"cmp"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/losses"
)

// LatentODE is the model of Chen et al. (2018) and Rubanova et al. (2019) for
// time series observed now and then: an encoder maps a series to a Gaussian over
// initial states, a sample of which is taken through a differential equation
// and decoded at the times of the series.
type LatentODE struct {
	// Encoder maps the inputs (times·batch, in) to means and log variances side
	// by side, (batch, 2·latent).
	Encoder Layer
	// ODE maps the initial states (batch, latent) to those at the times of its
	// SaveAt, stacked, (times·batch, latent), all of the first time first, as is
	// all else that is stacked here.
	ODE *NeuralODE
	// Decoder maps a state to what is observed.
	Decoder Layer
	// Sigma is the standard deviation of the observations; 0.01 if zero.
	Sigma float64
}

// defaultSigma is the standard deviation of observations where none is given.
const defaultSigma = 0.01

// The names under which Loss records its terms, and what they are made of.
const (
	ReconstructionRecord = "reconstruction"
	SquaredErrorRecord   = "squared error"
	LikelihoodRecord     = "log likelihood"
	DivergenceRecord     = "KL divergence"
)

// Reconstruct adds the prediction y (times·batch, features) from the inputs x of
// the encoder, and the Gaussian q (batch, 2·latent) that the initial states are
// drawn from, by way of standard normal numbers eps (batch, latent); with zeros
// it is the mean that is decoded.
func (l LatentODE) Reconstruct(s *graph.Scope, x, eps *gorgonia.Node) (y, q *gorgonia.Node, err error) {
	if l.Encoder == nil || l.ODE == nil || l.Decoder == nil {
		return nil, nil, errors.New("latent ODE without an encoder, an ODE or a decoder")
	}
	if err := given("latent ODE", s, "x", x); err != nil {
		return nil, nil, err
	}
	if q, err = l.Encoder.Forward(s, x); err != nil {
		return nil, nil, errors.Wrap(err, "encoder")
	}
	z, err := ops.GaussianSample(q, eps)
	if err != nil {
		return nil, nil, errors.Wrap(err, "initial state")
	}
	if z, err = l.ODE.Forward(s, z); err != nil {
		return nil, nil, err
	}
	y, err = l.Decoder.Forward(s, z)
	return y, q, errors.Wrap(err, "decoder")
}

// Loss adds the negative evidence lower bound as in the official code of Pal et
// al., −losses.MaskedLogLikelihood + λ·losses.KLDivergence, the latter averaged
// over the latent dimensions. data and mask are (times·batch, features), λ is a
// scalar node, see losses.KLAnnealing. It records the prediction, its
// losses.MaskedSquaredError and both terms.
func (l LatentODE) Loss(s *graph.Scope, x, eps, data, mask, lambda *gorgonia.Node) (*gorgonia.Node, error) {
	if lambda == nil || len(lambda.Shape()) != 0 {
		return nil, errors.Errorf("weight of the KL divergence is %v, expected a scalar", lambda)
	}
	y, q, err := l.Reconstruct(s, x, eps)
	if err != nil {
		return nil, err
	}
	ll, squares, err := losses.MaskedLogLikelihood(y, data, mask, q.Shape()[0], cmp.Or(l.Sigma, defaultSigma))
	if err != nil {
		return nil, err
	}
	kl, err := losses.MeanKLDivergence(q)
	if err != nil {
		return nil, err
	}
	s.Record(ReconstructionRecord, y)
	s.Record(SquaredErrorRecord, squares)
	s.Record(LikelihoodRecord, ll)
	s.Record(DivergenceRecord, kl)
	return ops.LinComb([]ops.Term{{X: ll, C: -1}, {X: kl, C: 1, Scaled: true}}, lambda, nil)
}
