package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// Dynamics adds a right-hand side, such as f(z, t) of dz/dt = f, to the graph of s,
// for z (batch, dim), and returns it in the same shape. The time is s.Time().
type Dynamics func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error)

// Equation is an initial value problem: the ordinary differential equation
//
//	dz/dt = f(z, t)
//
// or, with a Diffusion g, the stochastic one
//
//	dz = f(z, t) dt + g(z, t) dW,
//
// by default in the sense of Itô and with a Wiener process for every entry of the state
// (batch, dim), by which that of g is multiplied. Rows never share a process.
type Equation struct {
	Drift     Dynamics      // the right-hand side f
	Diffusion Dynamics      // the diffusion g; nil for an ordinary equation
	Params    *graph.Params // parameters of f and g; nil if they have none
	// Form says how the processes of a row enter its entries, and Calculus in which
	// sense the equation is meant. A method takes some forms and one of the senses.
	Form     NoiseForm
	Calculus Calculus
	// Processes is the number m of Wiener processes of a row where the form leaves it
	// open: of General noise; of Additive and Commutative noise, where 0 means one for
	// every entry. With m processes the diffusion is (batch, dim·m), see General.
	Processes int
	// T0 and T1 are the time span. That of an ordinary equation may run backwards, and
	// to an infinite T1 if it ends at an event, see Settings.RequireEvent.
	T0, T1 float64
	// Noise says where W comes from; nil is the noise of seed 0. The columns of its
	// matrices are processes, as many as the state has entries or as the form says. It
	// has no meaning for an ordinary equation.
	Noise *Noise
}

// field is a right-hand side with its name in messages.
type field struct {
	name string
	f    Dynamics
}

// fields returns the right-hand sides.
func (e *Equation) fields() []field {
	if e.Diffusion == nil {
		return []field{{"dynamics", e.Drift}}
	}
	return []field{{"drift", e.Drift}, {"diffusion", e.Diffusion}}
}

// check fails unless a method of these traits can solve the equation.
func (e *Equation) check(m traits) error {
	switch {
	case e.Drift == nil:
		return errors.Errorf("%s: an equation without %s", m.name, e.fields()[0].name)
	case m.stochastic && e.Diffusion == nil:
		return errors.Errorf("%s: an equation without a diffusion, expected one with: the method is for stochastic equations", m.name)
	case !m.stochastic && e.Diffusion != nil:
		return errors.Errorf("%s: an equation with a diffusion, expected one without: the method is for ordinary equations", m.name)
	case m.stochastic:
		return e.checkNoise(m)
	}
	return nil
}

// fits fails unless the slope y is of the form of the state z.
func fits(name string, z, y *gorgonia.Node) error {
	switch {
	case y == nil:
		return errors.Errorf("the %s map %v to nothing, expected a matrix of the same shape", name, z.Shape())
	case y.Dtype() != z.Dtype() || !y.Shape().Eq(z.Shape()) || len(y.Shape()) != 2:
		return errors.Errorf("the %s map %v of %v to %v of %v, expected the same shape and element type",
			name, z.Shape(), z.Dtype(), y.Shape(), y.Dtype())
	}
	return nil
}
