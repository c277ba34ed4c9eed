package layers

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
)

// NeuralODE is the layer that maps x to z(t1) for dz/dt = f(z, t), z(t0) = x,
// with f a layer of its own. With Settings.SaveAt the result is the states at
// those times stacked, (len(SaveAt)·batch, dim), all of the first time first: row
// i·batch + k is that of row k of x at time i.
//
// In an objective it records each of Settings.Regularizers under its String,
// for the loss to pick up with losses.Penalized. It cannot be used in the
// dynamics of another NeuralODE or in a graph.Function, whose structure is
// fixed.
//
// All predictors and objectives with the layer share its solver, which is for
// one goroutine at a time: graph.ErrInUse.
type NeuralODE struct {
	ode          *integrators.ODE
	regularizers []integrators.Regularizer
}

var _ Layer = (*NeuralODE)(nil)

// NewNeuralODE returns the layer that solves with the given method over [t0,
// t1], which may run backwards. The dynamics f map (batch, dim) to the same
// shape. params are those of the model that the layer is part of. The error
// names the setting that is out of range; f is traced, and its shapes checked,
// when the first batch is seen.
func NewNeuralODE(params *graph.Params, f Layer, method *integrators.Tableau, t0, t1 float64, settings *integrators.Settings) (*NeuralODE, error) {
	if f == nil {
		return nil, errors.New("neural ODE without dynamics")
	}
	ode, err := integrators.NewODE(method, f.Forward, params, t0, t1, settings)
	if err != nil {
		return nil, errors.Wrap(err, "neural ODE")
	}
	n := &NeuralODE{ode: ode}
	if settings != nil {
		n.regularizers = slices.Clone(settings.Regularizers)
	}
	return n, nil
}

// ODE returns the solver, for its time span, save times and statistics.
func (n *NeuralODE) ODE() *integrators.ODE { return n.ode }

// Forward adds the solution from x (batch, dim). The error is that of f, or an
// *integrators.Failure if the solve does not reach t1.
func (n *NeuralODE) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if err := given("neural ODE", s, "x", x); err != nil {
		return nil, err
	}
	out, err := n.ode.Unroll(s, x)
	if err != nil {
		return nil, err
	}
	recordAll(s, n.regularizers, out)
	return out[0], nil
}
