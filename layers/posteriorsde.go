package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/integrators"
)

// PosteriorSDE is the stochastic equation of an approximate posterior over paths,
//
//	dz = f(z, t) dt + g(z, t) ⊙ dW      prior: dz = h(z, t) dt + g(z, t) ⊙ dW
//
// solved together with the Kullback–Leibler divergence of its paths from those of the
// prior, which has the same diffusion, by Girsanov's theorem the mean of
//
//	ℓ' = ½ ‖(f − h)/g‖²                 (Li, Wong, Chen and Duvenaud, AISTATS 2020, Eq. 10)
//
// over paths, one ℓ for each row. The state of the solver is [z, ℓ], (batch, dim + 1);
// ℓ takes no part in error and stiffness.
type PosteriorSDE struct {
	*integrators.Solver
	posterior, prior, diffusion Layer
	dim                         int
}

// NewPosteriorSDE returns the equation for states of dim columns over [t0, t1]. The
// layers map (batch, dim) to the same shape; posterior finds the context of Solve, as by
// InContext. The diffusion must not be zero anywhere. The other arguments are those of
// NewNeuralSDE; Settings.ErrorColumns is dim if zero.
func NewPosteriorSDE(params *graph.Params, posterior, prior, diffusion Layer, dim int, t0, t1 float64, noise *integrators.Noise, method integrators.Method, settings *integrators.Settings) (*PosteriorSDE, error) {
	switch {
	case posterior == nil || prior == nil || diffusion == nil:
		return nil, errors.New("posterior SDE without a posterior, a prior or a diffusion")
	case dim <= 0:
		return nil, errors.Errorf("posterior SDE of %d columns, expected a positive number", dim)
	}
	var set integrators.Settings
	if settings != nil {
		set = *settings
	}
	if set.ErrorColumns == 0 {
		set.ErrorColumns = dim
	}
	p := &PosteriorSDE{posterior: posterior, prior: prior, diffusion: diffusion, dim: dim}
	var err error
	p.Solver, err = integrators.NewSolver(integrators.Equation{
		Drift: p.drift, Diffusion: p.noise, Params: params, T0: t0, T1: t1, Noise: noise,
	}, method, &set)
	return p, errors.Wrap(err, "posterior SDE")
}

// Solve adds the solution from z0 (batch, dim) in a context: the states z at the end or,
// with Settings.SaveAt, at these times stacked, (times·batch, dim), and the divergence ℓ
// (batch, 1) up to the last of them. Regularizers are recorded as by NeuralODE.
func (p *PosteriorSDE) Solve(s *graph.Scope, z0 *gorgonia.Node, context ...*gorgonia.Node) (z, divergence *gorgonia.Node, err error) {
	if err := given("posterior SDE", s, "z0", z0); err != nil {
		return nil, nil, err
	}
	if len(z0.Shape()) != 2 || z0.Shape()[1] != p.dim {
		return nil, nil, errors.Errorf("posterior SDE from %v, expected a matrix (batch, %d)", z0.Shape(), p.dim)
	}
	start, err := ops.Augment(z0, 1, nil)
	if err != nil {
		return nil, nil, err
	}
	out, err := solution(s, p.Solver, start, context...)
	if err != nil {
		return nil, nil, err
	}
	rows, batch := out.Shape()[0], z0.Shape()[0]
	if z, err = ops.Block(out, 0, rows, 0, p.dim); err != nil {
		return nil, nil, err
	}
	divergence, err = ops.Block(out, rows-batch, rows, p.dim, p.dim+1)
	return z, divergence, err
}

// drift adds [f, ½ ‖(f − h)/g‖²].
func (p *PosteriorSDE) drift(s *graph.Scope, state *gorgonia.Node) (*gorgonia.Node, error) {
	z, err := p.states(state)
	if err != nil {
		return nil, err
	}
	f, err := p.posterior.Forward(s, z)
	if err != nil {
		return nil, errors.Wrap(err, "posterior")
	}
	h, err := p.prior.Forward(s, z)
	if err != nil {
		return nil, errors.Wrap(err, "prior")
	}
	g, err := p.diffusion.Forward(s, z)
	if err != nil {
		return nil, errors.Wrap(err, "diffusion")
	}
	difference, err := ops.LinComb([]ops.Term{{X: f, C: 1}, {X: h, C: -1}}, nil, nil)
	if err != nil {
		return nil, err
	}
	u, err := ops.Quotient(difference, g)
	if err != nil {
		return nil, err
	}
	squares, err := ops.RowDot(u, u)
	if err != nil {
		return nil, err
	}
	rate, err := ops.LinComb([]ops.Term{{X: squares, C: 0.5}}, nil, nil)
	if err != nil {
		return nil, err
	}
	return ops.Beside(f, rate)
}

// noise adds [g, 0].
func (p *PosteriorSDE) noise(s *graph.Scope, state *gorgonia.Node) (*gorgonia.Node, error) {
	z, err := p.states(state)
	if err != nil {
		return nil, err
	}
	g, err := p.diffusion.Forward(s, z)
	if err != nil {
		return nil, err
	}
	return ops.Augment(g, 1, nil)
}

// states adds z of [z, ℓ].
func (p *PosteriorSDE) states(state *gorgonia.Node) (*gorgonia.Node, error) {
	if n := state.Shape()[1]; n != p.dim+1 {
		return nil, errors.Errorf("state of %d columns, expected %d and one for the divergence", n, p.dim)
	}
	return ops.Block(state, 0, state.Shape()[0], 0, p.dim)
}
