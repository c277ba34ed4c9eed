package integrators

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// Dynamics adds the right-hand side f(z, t) of dz/dt = f to the graph of s,
// for z (batch, dim), and returns it in the same shape. The time is s.Time().
type Dynamics func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error)

// An ODE is an initial value problem of neural dynamics and the method that
// solves it. The functions it needs are compiled for each shape and element
// type of state when that is first seen.
//
// An ODE is for one goroutine at a time.
type ODE struct {
	method   *Tableau
	dynamics Dynamics
	params   *graph.Params
	settings Settings
	control  stepControl // as every solve starts with it
	t0, t1   float64

	solvers map[form]*odeSolver
	last    Solution
}

// form is the shape and element type of a state.
type form struct {
	batch, dim int
	dtype      tensor.Dtype
}

func (f form) String() string { return fmt.Sprintf("(%d, %d) of %v", f.batch, f.dim, f.dtype) }

// NewODE returns a solver of dz/dt = f(z, t) over the time span [t0, t1], which
// may run backwards. params may be nil if the dynamics have none. The error
// names the setting that is out of range.
func NewODE(method *Tableau, f Dynamics, params *graph.Params, t0, t1 float64, settings *Settings) (*ODE, error) {
	if method == nil || f == nil {
		return nil, errors.New("ODE without a method or without dynamics")
	}
	if err := method.Validate(); err != nil {
		return nil, err
	}
	o := &ODE{method: method, dynamics: f, params: params, settings: settings.withDefaults(), solvers: map[form]*odeSolver{}}
	if err := o.settings.validate(method); err != nil {
		return nil, err
	}
	if o.settings.FixedSteps == 0 {
		c, err := newStepControl(o.settings.Controller, float64(method.EmbeddedOrder+1), method.Beta1, method.Beta2)
		if err != nil {
			return nil, err
		}
		o.control = *c
	}
	if err := o.SetSpan(t0, t1); err != nil {
		return nil, err
	}
	return o, nil
}

// SetSpan changes the time span for the solves to come. The save times must lie
// within it.
func (o *ODE) SetSpan(t0, t1 float64) error { return o.SetTimes(t0, t1, o.settings.SaveAt) }

// SetSaveAt changes the save times, whose number must stay the same.
func (o *ODE) SetSaveAt(times []float64) error { return o.SetTimes(o.t0, o.t1, times) }

// SetTimes changes the time span and the save times together. The number of
// save times must stay the same. On an error nothing is changed.
func (o *ODE) SetTimes(t0, t1 float64, saveAt []float64) error {
	if len(saveAt) != len(o.settings.SaveAt) {
		return errors.Errorf("%d save times, expected %d as before", len(saveAt), len(o.settings.SaveAt))
	}
	if err := checkTimes(t0, t1, saveAt); err != nil {
		return err
	}
	o.t0, o.t1 = t0, t1
	copy(o.settings.SaveAt, saveAt)
	return nil
}

// Last returns the outcome of the last solve, in whichever way it was run; Z is
// set by Predict alone. After a failure it says how far the solve came.
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

// solverFor returns the functions for states like z0.
func (o *ODE) solverFor(z0 gorgonia.Value) (*odeSolver, error) {
	if z0 == nil {
		return nil, errors.New("no initial state, expected a matrix (batch, dim)")
	}
	if len(z0.Shape()) != 2 {
		return nil, errors.Errorf("initial state of shape %v, expected a matrix (batch, dim)", z0.Shape())
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
