package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Scheme is a method for stochastic equations whose step is written out and not a sum
// of stages with coefficients. The schemes of this package are all there are; they are
// shared: do not modify them.
type Scheme struct {
	noisyDense

	// Name is the method's name in the literature, for example "LambaEulerHeun".
	Name string

	// Orders are those of strong convergence. With General zero the method does not
	// take general noise.
	Orders StrongOrders

	properties traits  // but for name and forms
	adaptive   bool    // a step has an error estimate
	order      float64 // that of the step size control
	add        func(b *stepBuilder, from point[*gorgonia.Node]) (*step, error)
}

var _ Method = (*Scheme)(nil)

// Validate checks that the scheme is one of this package.
func (m *Scheme) Validate() error {
	if m.add == nil {
		return errors.Errorf("scheme %q without a step, expected one of the package's", m.Name)
	}
	return nil
}

// Adaptive reports whether the method estimates its error, so that its step
// size can be controlled.
func (m *Scheme) Adaptive() bool { return m.adaptive }

// EstimatesStiffness returns false: no two stages of the drift have one time.
func (m *Scheme) EstimatesStiffness() bool { return false }

func (m *Scheme) traits() traits {
	t := m.properties
	t.name, t.stochastic, t.calculus = m.Name, true, Stratonovich
	t.forms, t.weights = m.Orders.forms(), 2
	return t
}

func (m *Scheme) control(settings *Controller) (*stepControl, error) {
	return newSDEControl(settings, m.order)
}

func (m *Scheme) firstStep(h0, d1, change, hmin, hmax float64) float64 {
	return sdeFirstStep(h0, d1, change, m.order, hmin, hmax)
}

func (m *Scheme) step(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	st, err := m.add(b, from)
	return st, errors.Wrap(err, m.Name)
}

// String returns the name.
func (m *Scheme) String() string { return m.Name }
