package networks

import (
	"cmp"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets/lorenz"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// LatentSDEDim is the dimension of the equation of a latent SDE.
const LatentSDEDim = 4

// LatentSDESettings are the sizes of a latent SDE. nil or a zero field means the default,
// that of latent_sde without -preset paper; in brackets what is in the example of torchsde.
type LatentSDESettings struct {
	// Hidden is the number of units of every hidden layer, and of the recurrence; 32 if
	// zero (128).
	Hidden int
	// Context is the number of columns of the context at a knot; 16 if zero (64).
	Context int
	// Knots is the number of times at which the encoder gives a context, at most as many
	// as the series has; 20 if zero (25).
	Knots int
	// Sigma is the standard deviation of the observations; 0.05 if zero (0.01).
	Sigma float64
}

// NewLatentSDE declares the network of the example of torchsde on the stochastic Lorenz
// attractor, for series at the given times,
//
//	posterior  dz = f(z, c(t)) dt + g(z) ⊙ dW,  z(0) ~ q,  c and q of an encoder
//	prior      dz = h(z) dt       + g(z) ⊙ dW,  z(0) ~ N(μ, σ₀²)
//
// with f and h networks of two hidden layers, g a network of one hidden layer for every
// coordinate, between 0 and 1, and observations that are linear in z. The encoder is a
// GRU that reads the path from its end. The posterior is solved with the solver's
// settings, the prior with its tolerances. The error names what does not fit.
func NewLatentSDE(p *graph.Params, times []float64, method integrators.Method, solver *integrators.Settings, settings *LatentSDESettings, rng *rand.Rand) (*layers.LatentSDE, error) {
	var set LatentSDESettings
	if settings != nil {
		set = *settings
	}
	knots := cmp.Or(set.Knots, 20)
	if len(times) < 2 || knots < 2 || !(set.Sigma >= 0) {
		return nil, errors.Errorf("latent SDE of %d times, %d knots and σ = %v, expected at least 2 times and knots and a positive deviation", len(times), knots, set.Sigma)
	}
	b := latentSDE{p: p, rng: rng, hidden: cmp.Or(set.Hidden, 32), times: times, method: method, net: layers.LatentSDE{Sigma: cmp.Or(set.Sigma, 0.05)}}
	if solver != nil {
		b.solver = *solver
	}
	b.solver.SaveAt = times
	err := b.declare(cmp.Or(set.Context, 16), knotsOf(len(times), knots))
	return &b.net, err
}

// latentSDE is a network under construction.
type latentSDE struct {
	p      *graph.Params
	rng    *rand.Rand
	hidden int
	times  []float64
	method integrators.Method
	solver integrators.Settings
	net    layers.LatentSDE
}

// declare declares the layers with so many columns of the context and its knots.
func (b *latentSDE) declare(context int, at []int) error {
	var err error
	dense := func(name string, in, out int, act layers.Activation) layers.Layer {
		var l *layers.Dense
		if err == nil {
			l, err = layers.NewDense(b.p, name, in, out, act, b.rng)
		}
		return l
	}
	drift := func(name string, in int) layers.Layer {
		return layers.Chain{
			dense(name+".1", in, b.hidden, layers.Softplus),
			dense(name+".2", b.hidden, b.hidden, layers.Softplus),
			dense(name+".3", b.hidden, LatentSDEDim, layers.Identity),
		}
	}
	posterior := layers.InContext{F: drift("posterior", LatentSDEDim+context)}
	for _, k := range at {
		posterior.Times = append(posterior.Times, b.times[k])
	}
	prior := drift("prior", LatentSDEDim)
	b.net.Encoder = layers.SeriesEncoder{
		Context: dense("context", b.hidden, context, layers.Identity),
		Initial: dense("initial", context, 2*LatentSDEDim, layers.Identity),
		Knots:   at,
	}
	b.net.Decoder = dense("decoder", LatentSDEDim, lorenz.Dim, layers.Identity)
	if err != nil {
		return err
	}
	gru, err := layers.NewGRU(b.p, "recurrence", lorenz.Dim, b.hidden, b.rng)
	if err != nil {
		return err
	}
	b.net.Encoder.Recurrence, err = layers.NewRecurrence(b.p, gru, len(b.times), &layers.RecurrenceSettings{
		Backward: true, Mode: b.solver.Mode, Memory: b.solver.Memory,
	})
	if err != nil {
		return err
	}
	diffusion, err := layers.NewComponentwise(b.p, "diffusion", LatentSDEDim, b.hidden, layers.Sigmoid, b.rng)
	if err != nil {
		return err
	}
	if b.net.Mean, err = b.p.Add("prior.mean", nil, LatentSDEDim); err != nil {
		return err
	}
	if b.net.LogVariance, err = b.p.Add("prior.log variance", nil, LatentSDEDim); err != nil {
		return err
	}
	return b.solve(posterior, prior, diffusion)
}

// solve makes the equations of the network.
func (b *latentSDE) solve(posterior, prior, diffusion layers.Layer) (err error) {
	b.net.Posterior, err = layers.NewPosteriorSDE(b.p, posterior, prior, diffusion, LatentSDEDim, 0, lorenz.End, leastWork(), b.method, &b.solver)
	if err != nil {
		return err
	}
	b.net.Prior, err = layers.NewNeuralSDE(b.p, prior, diffusion, 0, lorenz.End, leastWork(), b.method,
		&integrators.Settings{AbsTol: b.solver.AbsTol, RelTol: b.solver.RelTol, SaveAt: b.times})
	return err
}

// knotsOf returns the numbers of count ≥ 2 of n times, about equally spaced, both ends among
// them.
func knotsOf(n, count int) []int {
	k := make([]int, min(n, count))
	for i := range k {
		k[i] = int(math.Round(float64(i*(n-1)) / float64(len(k)-1)))
	}
	return k
}
