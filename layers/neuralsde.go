package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
)

// NeuralSDE is the layer that maps x to z(t1) for the equation
// dz = f(z, t) dt + g(z, t) dW, z(t0) = x, with drift f and diffusion g layers
// of their own: in the sense of Itô and with a Wiener process for every entry, if no
// other equation is given. Every row of x is one trajectory; repeat rows for more. With
// Settings.SaveAt the result is the states at those times stacked,
// (len(SaveAt)·batch, dim), all of the first time first, as by [NeuralODE].
//
// The noise is that of the seed last set, the same in training and prediction, unless
// the call of a predictor has its own; set another one with SetSeed before each. The methods of the solver are its
// own and regularizers are recorded as by [NeuralODE], and it can be used where
// that can.
type NeuralSDE struct{ *integrators.Solver }

var _ Layer = (*NeuralSDE)(nil)

// NewNeuralSDE returns the layer that solves with the given method over [t0,
// t1], t0 < t1. Drift and diffusion map (batch, dim) to the same shape. params
// are those of the model that the layer is part of; nil noise is that of seed 0.
// The error names the setting that is out of range; drift and diffusion are
// traced, and their shapes checked, when the first batch is seen.
func NewNeuralSDE(params *graph.Params, drift, diffusion Layer, t0, t1 float64, noise *integrators.Noise, method integrators.Method, settings *integrators.Settings) (*NeuralSDE, error) {
	if drift == nil || diffusion == nil {
		return nil, errors.New("neural SDE without a drift or a diffusion")
	}
	return NewNeuralSDEOf(integrators.Equation{
		Drift: drift.Forward, Diffusion: diffusion.Forward, Params: params, T0: t0, T1: t1, Noise: noise,
	}, method, settings)
}

// NewNeuralSDEOf returns the layer that solves an equation, of which NewNeuralSDE makes
// the usual one. Others have noise of another form, or are meant in the sense of
// Stratonovich:
//
//	equation := integrators.Equation{Drift: drift.Forward, Diffusion: diffusion.Forward, Params: params, T1: 1,
//		Form: integrators.General, Processes: 3, Calculus: integrators.Stratonovich}
//	sde, err := layers.NewNeuralSDEOf(equation, integrators.SPaRK, nil)
//
// where the diffusion maps (batch, dim) to (batch, 3·dim). That of additive noise is a
// layer OfTime. The error says what does not fit; shapes, and that the diffusion of
// additive noise does not depend on the state, are checked when the first batch is seen.
func NewNeuralSDEOf(equation integrators.Equation, method integrators.Method, settings *integrators.Settings) (*NeuralSDE, error) {
	if equation.Drift == nil || equation.Diffusion == nil {
		return nil, errors.New("neural SDE without a drift or a diffusion")
	}
	s, err := integrators.NewSolver(equation, method, settings)
	if err != nil {
		return nil, errors.Wrap(err, "neural SDE")
	}
	return &NeuralSDE{s}, nil
}

// Forward adds the solution from x (batch, dim). The error is that of drift or
// diffusion, or an *integrators.Failure if the solve does not reach t1.
func (n *NeuralSDE) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	return n.ForwardIn(s, x)
}

// ForwardIn adds the solution from x (batch, dim) in a context, which drift and
// diffusion find as graph.Scope.Context: see integrators.Solver.Unroll.
func (n *NeuralSDE) ForwardIn(s *graph.Scope, x *gorgonia.Node, context ...*gorgonia.Node) (*gorgonia.Node, error) {
	if err := given("neural SDE", s, "x", x); err != nil {
		return nil, err
	}
	return solution(s, n.Solver, x, context...)
}
