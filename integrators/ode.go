package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// Dynamics adds the right-hand side f(z, t) of dz/dt = f to the graph of s,
// for z (batch, dim), and returns it in the same shape. The time is s.Time().
type Dynamics func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error)

// An ODE is an initial value problem of neural dynamics and the method that
// solves it. The functions it needs are compiled for each batch size when that
// is first seen.
//
// An ODE is for one goroutine at a time.
type ODE struct {
	method   *Tableau
	dynamics Dynamics
	params   *graph.Params
	settings Settings
	t0, t1   float64

	solvers map[form]*odeSolver
	last    Solution
}

// form is the shape and element type of a state.
type form struct {
	batch, dim int
	dtype      tensor.Dtype
}

// NewODE returns a solver of dz/dt = f(z, t) over the time span [t0, t1], which
// may run backwards. params may be nil if the dynamics have none.
func NewODE(method *Tableau, f Dynamics, params *graph.Params, t0, t1 float64, settings *Settings) (*ODE, error) {
	if method == nil || f == nil {
		return nil, errors.New("ODE without a method or without dynamics")
	}
	if err := method.Validate(); err != nil {
		return nil, err
	}
	s := settings.withDefaults()
	if err := s.validate(method); err != nil {
		return nil, err
	}
	if _, err := newStepControl(s.Controller, 2, method.Beta1, method.Beta2); err != nil && s.FixedSteps == 0 {
		return nil, err
	}
	o := &ODE{method: method, dynamics: f, params: params, settings: s, solvers: map[form]*odeSolver{}}
	return o, o.SetSpan(t0, t1)
}

// SetSpan changes the time span for the solves to come.
func (o *ODE) SetSpan(t0, t1 float64) error {
	if err := o.settings.checkSpan(t0, t1); err != nil {
		return err
	}
	o.t0, o.t1 = t0, t1
	return nil
}

// SetSaveAt changes the save times, whose number must stay the same.
func (o *ODE) SetSaveAt(times []float64) error {
	if len(times) != len(o.settings.SaveAt) {
		return errors.Errorf("%d save times, expected %d as before", len(times), len(o.settings.SaveAt))
	}
	s := o.settings
	s.SaveAt = times
	if err := s.checkSpan(o.t0, o.t1); err != nil {
		return err
	}
	o.settings.SaveAt = append([]float64(nil), times...)
	return nil
}

// Solution is the outcome of a solve.
type Solution struct {
	Stats
	// Z is the last state (batch, dim) or, with SaveAt, the states at those
	// times stacked. It belongs to the solver, which overwrites it.
	Z gorgonia.Value
	// Steps lists the attempted steps if Settings.Record is set.
	Steps []Step
}

// Last returns the statistics of the last solve, in whichever way it was run.
func (o *ODE) Last() Solution { return o.last }

// Bytes returns the memory of the compiled functions and their frames.
func (o *ODE) Bytes() int {
	n := 0
	for _, s := range o.solvers {
		n += s.bytes()
	}
	return n
}

// Method returns the method.
func (o *ODE) Method() *Tableau { return o.method }

// Predict solves from z0 (batch, dim) without a graph, in the memory of two
// steps whatever their number. The error is a *Failure if the solve does not
// reach its end.
func (o *ODE) Predict(z0 gorgonia.Value) (*Solution, error) {
	s, err := o.solverFor(z0)
	if err != nil {
		return nil, err
	}
	if err := s.run(z0, false); err != nil {
		return nil, failed(o.method.Name, err)
	}
	sol := o.last
	return &sol, nil
}

func (o *ODE) solverFor(z0 gorgonia.Value) (*odeSolver, error) {
	if z0 == nil || len(z0.Shape()) != 2 {
		return nil, errors.Errorf("%s: initial state %v, expected a matrix (batch, dim)", o.method.Name, z0)
	}
	f := form{z0.Shape()[0], z0.Shape()[1], z0.Dtype()}
	if s, ok := o.solvers[f]; ok {
		return s, nil
	}
	s, err := newODESolver(o, f)
	if err != nil {
		return nil, err
	}
	o.solvers[f] = s
	return s, nil
}

// control returns the step size control of one solve.
func (o *ODE) control() *stepControl {
	if o.settings.FixedSteps > 0 {
		return nil
	}
	c, err := newStepControl(o.settings.Controller, float64(o.method.EmbeddedOrder+1), o.method.Beta1, o.method.Beta2)
	if err != nil {
		panic(err) // the settings were checked by NewODE
	}
	return c
}
