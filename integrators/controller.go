package integrators

import (
	"cmp"
	"math"

	"github.com/pkg/errors"
)

// ControllerKind names a rule that chooses the next step size.
type ControllerKind int

const (
	// PIControl is the proportional-integral controller of Gustafsson, which
	// looks at the errors of the last two accepted steps,
	//
	//	h_{n+1} = h_n · safety · E_{n-1}^β2 / E_n^β1.
	//
	// K. Gustafsson, Control-theoretic techniques for stepsize selection in
	// explicit Runge–Kutta methods, ACM TOMS 17 (1991), 533–554.
	PIControl ControllerKind = iota

	// IControl is the integral or elementary controller, the step that an error
	// of order h^q predicts from the last one alone,
	//
	//	h_{n+1} = h_n · safety · E_n^(-1/q),
	//
	// Eq. II.4.13 of Hairer, Nørsett and Wanner, Solving Ordinary Differential
	// Equations I.
	IControl

	// PredictiveControl is the predictive controller of Gustafsson, which also
	// carries on the trend of the error constant,
	//
	//	h_{n+1} = h_n · safety · E_n^(-1/q) · (h_n/h_{n-1}) · (E_{n-1}/E_n)^(1/q),
	//
	// or the elementary step if that is shorter, as in section IV.8 of Hairer
	// and Wanner, Solving Ordinary Differential Equations II.
	PredictiveControl
)

// String returns "PI", "I" or "predictive".
func (k ControllerKind) String() string {
	switch k {
	case PIControl:
		return "PI"
	case IControl:
		return "I"
	case PredictiveControl:
		return "predictive"
	}
	return "unknown"
}

// Controller holds the settings of the step size control. E is the error of a
// step scaled by the tolerances: a step is accepted if E ≤ 1. The zero value
// means the defaults, which are those of OrdinaryDiffEq.jl.
//
// With PI control the steps settle where E = Safety^(1/(β1-β2)), 0.17 for Tsit5.
type Controller struct {
	Kind ControllerKind // the rule; default PIControl

	Safety    float64 // factor on every predicted step, in (0, 1]; default 0.9
	MinFactor float64 // smallest |h_{n+1}/h_n|, in (0, 1); default 1/5
	MaxFactor float64 // largest |h_{n+1}/h_n|, at least 1; default 10

	// Steady is the factor, at least 1, by which a step that was accepted may be too
	// long and is kept nevertheless; default 1, and 6/5 for a Rosenbrock method.
	Steady float64

	// ErrorFloor is what a smaller E counts as when it is the previous error of
	// the next step, and is the previous error of the first step; default 1e-4.
	ErrorFloor float64

	// Beta1 and Beta2 are the exponents of PI control; both zero: the method's.
	Beta1, Beta2 float64
}

// withDefaults returns the settings with the defaults in place of zeros. It
// accepts a nil receiver.
func (c *Controller) withDefaults() Controller {
	var d Controller
	if c != nil {
		d = *c
	}
	d.Safety = cmp.Or(d.Safety, 0.9)
	d.MinFactor = cmp.Or(d.MinFactor, 1.0/5)
	d.MaxFactor = cmp.Or(d.MaxFactor, 10)
	d.Steady = cmp.Or(d.Steady, 1)
	d.ErrorFloor = cmp.Or(d.ErrorFloor, 1e-4)
	return d
}

// validate checks settings in which the defaults have been filled in.
func (c *Controller) validate() error {
	switch {
	case c.Kind < PIControl || c.Kind > PredictiveControl:
		return errors.Errorf("controller: unknown kind %d", c.Kind)
	case !(c.Safety > 0 && c.Safety <= 1):
		return errors.Errorf("controller: safety factor %v, expected in (0, 1]", c.Safety)
	case !(c.MinFactor > 0 && c.MinFactor < 1):
		return errors.Errorf("controller: smallest step factor %v, expected in (0, 1)", c.MinFactor)
	case !(c.MaxFactor >= 1 && !math.IsInf(c.MaxFactor, 1)):
		return errors.Errorf("controller: largest step factor %v, expected finite and at least 1", c.MaxFactor)
	case !(c.Steady >= 1 && !math.IsInf(c.Steady, 1)):
		return errors.Errorf("controller: factor of steady steps %v, expected finite and at least 1", c.Steady)
	case !(c.ErrorFloor > 0 && c.ErrorFloor <= 1):
		return errors.Errorf("controller: error floor %v, expected in (0, 1]", c.ErrorFloor)
	case c.Kind == PIControl && !(c.Beta1 > 0 && c.Beta2 >= 0 && c.Beta1 > c.Beta2):
		return errors.Errorf("controller: exponents β1 = %v, β2 = %v, expected β1 > β2 ≥ 0", c.Beta1, c.Beta2)
	}
	return nil
}

// stepControl is a Controller at work on one solve. Step sizes may be negative:
// every rule is a factor on h.
type stepControl struct {
	Controller
	exponent float64 // 1/q, where the error of a step is O(h^q)

	// The last accepted step, for the rules that look back.
	lastError float64
	lastStep  float64 // 0 before the first
}

// newStepControl starts the control of one solve with the given settings, nil
// meaning the defaults. The error estimate of one step is O(h^errorOrder) and
// beta1, beta2 are the method's exponents, used unless the settings have their
// own. For a Runge–Kutta method errorOrder is EmbeddedOrder+1. The error names
// the setting that is out of range.
func newStepControl(settings *Controller, errorOrder, beta1, beta2 float64) (*stepControl, error) {
	c := settings.withDefaults()
	if c.Beta1 == 0 && c.Beta2 == 0 {
		c.Beta1, c.Beta2 = beta1, beta2
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	return &stepControl{Controller: c, exponent: 1 / errorOrder, lastError: c.ErrorFloor}, nil
}

// accept records an accepted step of size h and error e ≤ 1 and returns the size
// of the next. An error of exactly zero lets the step grow by MaxFactor.
func (s *stepControl) accept(e, h float64) float64 {
	q := 1 / s.MaxFactor // h divided by the next step
	if e > 0 {
		q = min(max(s.shrink(e, h), 1/s.MaxFactor), 1/s.MinFactor)
	}
	if q >= 1 && q <= s.Steady {
		q = 1
	}
	s.lastError, s.lastStep = max(e, s.ErrorFloor), h
	return h / q
}

// shrink returns h divided by the step that the rule proposes after an error e.
func (s *stepControl) shrink(e, h float64) float64 {
	switch {
	case s.Kind == PIControl:
		return power(e, s.Beta1) / power(s.lastError, s.Beta2) / s.Safety
	case s.Kind == PredictiveControl && s.lastStep != 0:
		elementary := math.Pow(e, s.exponent) / s.Safety
		predicted := s.lastStep / h * math.Pow(e*e/s.lastError, s.exponent) / s.Safety
		return max(elementary, predicted)
	default:
		return math.Pow(e, s.exponent) / s.Safety
	}
}

// power returns x^y for x > 0 and y ≥ 0, both finite. It has the bits of math.Pow, but is
// quicker for exponents below 1/2, as those of PI control are.
func power(x, y float64) float64 {
	if y < 0.5 {
		return math.Exp(y * math.Log(x))
	}
	return math.Pow(x, y)
}

// reject returns the size of the step to try instead of one of size h and error
// e. PI control forgets the previous error here: only E^β1 counts. If e gives
// nothing to go by, because it is NaN or infinite or because the step failed for
// another reason with e ≤ 1, the step shrinks by MinFactor.
func (s *stepControl) reject(e, h float64) float64 {
	if !(e > 1) {
		return h * s.MinFactor
	}
	beta := s.exponent
	if s.Kind == PIControl {
		beta = s.Beta1
	}
	return h / min(1/s.MinFactor, math.Pow(e, beta)/s.Safety)
}

// limitStep returns h with its magnitude limited to [hmin, hmax] and its sign
// kept. A NaN stays one.
func limitStep(h, hmin, hmax float64) float64 {
	return math.Copysign(max(hmin, min(hmax, math.Abs(h))), h)
}
