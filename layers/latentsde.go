package layers

import (
	"cmp"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/losses"
)

// LatentSDE is the model of Li, Wong, Chen and Duvenaud, Scalable gradients for
// stochastic differential equations (AISTATS 2020): latent paths of a prior equation,
// observed through a decoder with noise, and the posterior equation that an encoder
// steers to a series, with the same diffusion.
type LatentSDE struct {
	// Encoder reads the series.
	Encoder SeriesEncoder
	// Posterior maps initial states (batch, latent) to those at the times of the series,
	// those of its SaveAt.
	Posterior *PosteriorSDE
	// Prior is the equation of Sample, with the prior and the diffusion of Posterior.
	Prior *NeuralSDE
	// Mean and LogVariance (latent) are those of the prior of the initial state.
	Mean, LogVariance *graph.Param
	// Decoder maps a state to the mean of what is observed.
	Decoder Layer
	// Sigma is the standard deviation of the observations; 0.01 if zero.
	Sigma float64
}

// InitialDivergenceRecord and PathDivergenceRecord are the names under which
// LatentSDE.Loss records the parts of the divergence.
const (
	InitialDivergenceRecord = "KL divergence of the initial state"
	PathDivergenceRecord    = "KL divergence of the path"
)

// Reconstruct adds the prediction y (times·batch, features) of the series x
// (times·batch, features), the Gaussian q (batch, 2·latent) that the initial states are
// drawn from by way of standard normal numbers eps (batch, latent), and the divergence
// of the paths from those of the prior, (batch, 1).
func (l LatentSDE) Reconstruct(s *graph.Scope, x, eps *gorgonia.Node) (y, q, path *gorgonia.Node, err error) {
	if l.Posterior == nil || l.Decoder == nil {
		return nil, nil, nil, errors.New("latent SDE without a posterior or a decoder")
	}
	if err := given("latent SDE", s, "x", x); err != nil {
		return nil, nil, nil, err
	}
	q, context, err := l.Encoder.Encode(s, x)
	if err != nil {
		return nil, nil, nil, errors.Wrap(err, "encoder")
	}
	z, err := ops.GaussianSample(q, eps)
	if err != nil {
		return nil, nil, nil, errors.Wrap(err, "initial state")
	}
	if z, path, err = l.Posterior.Solve(s, z, context); err != nil {
		return nil, nil, nil, err
	}
	y, err = l.Decoder.Forward(s, z)
	return y, q, path, errors.Wrap(err, "decoder")
}

// Loss adds the negative evidence lower bound of the series x (times·batch, features),
// averaged over the batch: −losses.GaussianLogLikelihood + λ·(D₀ + D), with D₀ the
// divergence of the initial state and D that of the path. λ is a scalar node, 1 for the
// bound itself. It records the prediction, the likelihood and both divergences.
func (l LatentSDE) Loss(s *graph.Scope, x, eps, lambda *gorgonia.Node) (*gorgonia.Node, error) {
	if lambda == nil || len(lambda.Shape()) != 0 {
		return nil, errors.Errorf("weight of the KL divergence is %v, expected a scalar", lambda)
	}
	y, q, path, err := l.Reconstruct(s, x, eps)
	if err != nil {
		return nil, err
	}
	ll, err := losses.GaussianLogLikelihood(y, x, q.Shape()[0], cmp.Or(l.Sigma, defaultSigma))
	if err != nil {
		return nil, err
	}
	mean, logVariance, err := l.prior(s)
	if err != nil {
		return nil, err
	}
	first, err := losses.KLDivergenceFrom(q, mean, logVariance)
	if err != nil {
		return nil, err
	}
	if path, err = ops.Mean(path); err != nil {
		return nil, err
	}
	s.Record(ReconstructionRecord, y)
	s.Record(LikelihoodRecord, ll)
	s.Record(InitialDivergenceRecord, first)
	s.Record(PathDivergenceRecord, path)
	return ops.LinComb([]ops.Term{{X: ll, C: -1}, {X: first, C: 1, Scaled: true}, {X: path, C: 1, Scaled: true}}, lambda, nil)
}

// Sample adds series (times·batch, features) of the prior, without the noise of the
// observations, from standard normal numbers eps (batch, latent).
func (l LatentSDE) Sample(s *graph.Scope, eps *gorgonia.Node) (*gorgonia.Node, error) {
	if l.Prior == nil || l.Decoder == nil {
		return nil, errors.New("latent SDE without a prior or a decoder")
	}
	if err := given("latent SDE", s, "eps", eps); err != nil {
		return nil, err
	}
	mean, logVariance, err := l.prior(s)
	if err != nil {
		return nil, err
	}
	half, err := ops.LinComb([]ops.Term{{X: logVariance, C: 0.5}}, nil, nil)
	if err != nil {
		return nil, err
	}
	deviation, err := ops.Activate(ops.Exp, half)
	if err != nil {
		return nil, err
	}
	z, err := ops.Squash(eps, deviation, mean)
	if err != nil {
		return nil, errors.Wrap(err, "initial state")
	}
	if z, err = l.Prior.Forward(s, z); err != nil {
		return nil, err
	}
	y, err := l.Decoder.Forward(s, z)
	return y, errors.Wrap(err, "decoder")
}

// prior adds mean and log variance of the prior of the initial state.
func (l LatentSDE) prior(s *graph.Scope) (mean, logVariance *gorgonia.Node, err error) {
	if mean, err = s.Param(l.Mean); err != nil {
		return nil, nil, errors.Wrap(err, "mean of the prior")
	}
	logVariance, err = s.Param(l.LogVariance)
	return mean, logVariance, errors.Wrap(err, "variance of the prior")
}
