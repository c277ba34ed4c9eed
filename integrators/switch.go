package integrators

import (
	"fmt"

	"github.com/pkg/errors"
)

// Switch is a method for equations that are stiff now and then: an explicit method
// and, while its steps are bounded by their stability, a Rosenbrock method. The
// estimate S of stiffness decides, with the test and the constants of the
// AutoSwitch of OrdinaryDiffEq.jl, which the code of Pal et al. uses: a step of size h
// is on the bound if |S·h| > 0.9 r, r being the size of the region of stability of
// the explicit method. Before the eleventh step in a row that is, the stiff method
// takes over with a step twice as long; before the fourth in a row that is not, the
// explicit one with a step half as long. A change takes one evaluation.
//
// An equation that is never stiff is solved as by the explicit method alone.
type Switch struct {
	*Tableau             // explicit method, of known StabilitySize and with an estimate of stiffness
	Stiff    *Rosenbrock // stiff method
}

var _ Method = (*Switch)(nil)

// The constants of the decision.
const (
	switchBound    = 0.9 // of the region of stability
	switchStiff    = 10  // steps in a row on the bound, at most, that the explicit method takes
	switchExplicit = 3   // steps in a row off the bound, at most, that the stiff method takes
	switchFactor   = 2   // of the step size
)

// AutoTsit5 switches between Tsit5 and a stiff method: Rosenbrock23 at loose
// tolerances, Rodas5P at tight ones.
func AutoTsit5(stiff *Rosenbrock) *Switch { return &Switch{Tsit5, stiff} }

// AutoVern7 switches between Vern7 and a stiff method, at tight tolerances.
func AutoVern7(stiff *Rosenbrock) *Switch { return &Switch{Vern7, stiff} }

// Name returns that of both methods, for example "AutoTsit5(Rosenbrock23)".
func (m *Switch) Name() string { return fmt.Sprintf("Auto%s(%s)", m.Tableau.Name, m.Stiff.Name) }

// String returns the name.
func (m *Switch) String() string { return m.Name() }

// Validate checks both methods, and that the first can tell when the second is to take
// over.
func (m *Switch) Validate() error {
	switch {
	case m.Tableau == nil || m.Stiff == nil:
		return errors.New("switch between two methods, one of which is nil")
	case !m.Tableau.Adaptive():
		return errors.Errorf("switch from %s, expected a method with an error estimate", m.Tableau.Name)
	case !m.Tableau.EstimatesStiffness() || !(m.StabilitySize > 0):
		return errors.Errorf("switch from %s, expected a method with an estimate of stiffness and a known size of its region of stability", m.Tableau.Name)
	}
	if err := m.Tableau.Validate(); err != nil {
		return err
	}
	return m.Stiff.Validate()
}

func (m *Switch) traits() traits {
	t := m.Tableau.traits()
	t.name = m.Name()
	return t
}
