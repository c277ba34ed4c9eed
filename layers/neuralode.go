package layers

import (
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
// In an objective it records each of Settings.Regularizers under its value,
// for the loss to pick up with losses.Penalized. With Settings.Events it records, in
// predictors too, the time at which the solve ended under integrators.EventTime.
//
// It cannot be used in the dynamics of another NeuralODE or in a graph.Function,
// whose structure is fixed.
//
// The methods of its solver, for time span, save times and statistics, are its
// own. All objectives with the layer share the solver, which is for one goroutine at
// a time: graph.ErrInUse. Predictors, for any number of them, solve with copies of it.
type NeuralODE struct{ *integrators.Solver }

var _ Layer = (*NeuralODE)(nil)

// NewNeuralODE returns the layer that solves with the given method over [t0,
// t1], which may run backwards. The dynamics f map (batch, dim) to the same
// shape. params are those of the model that the layer is part of. The error
// names the setting that is out of range; f is traced, and its shapes checked,
// when the first batch is seen.
func NewNeuralODE(params *graph.Params, f Layer, t0, t1 float64, method integrators.Method, settings *integrators.Settings) (*NeuralODE, error) {
	if f == nil {
		return nil, errors.New("neural ODE without dynamics")
	}
	s, err := integrators.NewSolver(integrators.Equation{Drift: f.Forward, Params: params, T0: t0, T1: t1}, method, settings)
	if err != nil {
		return nil, errors.Wrap(err, "neural ODE")
	}
	return &NeuralODE{s}, nil
}

// Forward adds the solution from x (batch, dim). The error is that of f, or an
// *integrators.Failure if the solve does not reach t1.
func (n *NeuralODE) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	return n.ForwardIn(s, x)
}

// ForwardIn adds the solution from x (batch, dim) in a context, which f finds as
// graph.Scope.Context: see integrators.Solver.Unroll.
func (n *NeuralODE) ForwardIn(s *graph.Scope, x *gorgonia.Node, context ...*gorgonia.Node) (*gorgonia.Node, error) {
	if err := given("neural ODE", s, "x", x); err != nil {
		return nil, err
	}
	return solution(s, n.Solver, x, context...)
}

// solution adds the solution from x and records its regularizers, in training, and
// the time of its event.
func solution(s *graph.Scope, solver *integrators.Solver, x *gorgonia.Node, context ...*gorgonia.Node) (*gorgonia.Node, error) {
	out, err := solver.Unroll(s, x, context...)
	if err != nil {
		return nil, err
	}
	if !s.Predicting() {
		for i, r := range solver.Regularizers() {
			s.Record(r, out[i+1])
		}
	}
	if solver.HasEvents() {
		s.Record(integrators.EventTime, out[len(out)-1])
	}
	return out[0], nil
}
