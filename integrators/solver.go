package integrators

import (
	"reflect"
	"slices"
	"sync"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/exclusive"
)

// A Solver is a method at work on an equation. The functions it needs are compiled
// for each shape and element type of state when that is first seen, and kept for
// the last Settings.Forms. All rows of a state take the same steps, or with
// Settings.Steps each its own.
//
// Rejected steps of a stochastic equation are tried again on the same path, by
// rejection sampling with memory. Its states at save times between the ends of
// steps lie on straight lines but for the noise, which is that of the same path.
// They have its roughness and the error of one step of Euler's method, so strong
// order 1; where the method's own is wanted, end steps there, as StopAt and
// FixedSteps can.
//
// A Solver is for one goroutine at a time, and all layers and objectives made with it
// share it: whoever comes second gets graph.ErrInUse. Predictors solve with copies, for
// any number of goroutines, whose solves take time span, save and stop times, and seed as
// they are when they begin; so these may be set meanwhile. What a goroutine sets,
// another one may set again between two solves, which nothing can notice. Whoever
// trains in several goroutines needs a model for each.
type Solver struct {
	equation Equation
	noise    Noise
	method   Method
	stiff    *Solver // solver by the stiff method of a Switch, else nil
	traits   traits
	settings Settings
	control  stepControl // state of the control at the start of a segment

	integrals []int // indices of the integrals among the regularizers

	times    sync.Mutex // mutex of times and noise, which predictors read
	limits   limits     // of the present solve
	use      exclusive.Use
	tracing  sync.Locker // to be held while functions are traced, nil if by nobody else
	compiled map[form]*compiled
	recent   []form     // forms of the compiled functions, the last used first
	timed    bool       // a right-hand side asks for the time
	rowTimes []rowTimes // of each row with steps of its own, if they are not those of all
	last     Solution
}

// NewSolver returns a solver of the equation with the given method, which has to
// be one for its kind; nil settings are the defaults. The error names what does not
// fit, or the setting that is out of range.
func NewSolver(equation Equation, method Method, settings *Settings) (*Solver, error) {
	if v := reflect.ValueOf(method); !v.IsValid() || v.IsNil() {
		return nil, errors.New("a solver without a method")
	}
	if err := method.Validate(); err != nil {
		return nil, err
	}
	s := &Solver{equation: equation, method: method, traits: method.traits(), compiled: map[form]*compiled{}}
	if err := equation.check(s.traits); err != nil {
		return nil, err
	}
	s.traits.diffusions += s.traits.perProcess * equation.differences()
	if equation.Noise != nil {
		s.noise = *equation.Noise
	}
	absTol, relTol := 1e-6, 1e-3
	if s.traits.stochastic {
		absTol, relTol = 1e-2, 1e-2
	}
	s.settings = settings.withDefaults(absTol, relTol)
	if err := s.settings.validate(method); err != nil {
		return nil, errors.Wrap(err, s.traits.name)
	}
	s.integrals = integralsOf(s.settings.Regularizers)
	if s.settings.FixedSteps == 0 {
		control, err := method.control(s.settings.Controller)
		if err != nil {
			return nil, err
		}
		s.control = *control
	}
	if err := s.SetSpan(equation.T0, equation.T1); err != nil {
		return nil, err
	}
	return s, s.addStiff(settings)
}

// addStiff adds the solver by the stiff method of a Switch, which saves at the same
// times.
func (s *Solver) addStiff(settings *Settings) (err error) {
	m, ok := s.method.(*Switch)
	if !ok {
		return nil
	}
	if s.settings.FixedSteps > 0 {
		return errors.Errorf("%d fixed steps with a method that switches, expected steps under error control", s.settings.FixedSteps)
	}
	s.stiff, err = NewSolver(s.equation, m.Stiff, settings)
	if err == nil {
		s.stiff.settings.SaveAt = s.settings.SaveAt
	}
	return err
}

// Method returns the method.
func (s *Solver) Method() Method { return s.method }

// Regularizers returns those of the settings, in their order.
func (s *Solver) Regularizers() []Regularizer { return slices.Clone(s.settings.Regularizers) }

// HasEvents reports whether a solve may end at an event, so that its time is one of
// the results of Unroll.
func (s *Solver) HasEvents() bool { return len(s.settings.Events) > 0 }

// SetSeed sets the seed of the noise for the solves to come. Solves with one
// seed have one path. It must not be called during a solve.
func (s *Solver) SetSeed(seed uint64) {
	s.times.Lock()
	defer s.times.Unlock()
	s.noise.Seed = seed
}

// SetKeys sets the keys of the rows of the noise for the solves to come, see
// Noise.Keys: with those of its rows, a part of a batch has the noise that it has in
// the whole. nil stands for the numbers of the rows. It must not be called during a
// solve.
func (s *Solver) SetKeys(keys []uint64) { s.noise.Keys = keys }

// SetSpan changes the time span for the solves to come. The save times must lie
// within it.
func (s *Solver) SetSpan(t0, t1 float64) error { return s.SetTimes(t0, t1, s.settings.SaveAt) }

// SetSaveAt changes the save times, whose number must stay the same.
func (s *Solver) SetSaveAt(times []float64) error {
	return s.SetTimes(s.equation.T0, s.equation.T1, times)
}

// SetTimes changes the time span and the save times together. The number of
// save times must stay the same. On an error nothing is changed; its cause is
// graph.ErrInUse during a solve by another goroutine.
func (s *Solver) SetTimes(t0, t1 float64, saveAt []float64) error {
	if err := s.claim(); err != nil {
		return err
	}
	defer s.use.End()
	if len(saveAt) != len(s.settings.SaveAt) {
		return errors.Errorf("%d save times, expected %d as before", len(saveAt), len(s.settings.SaveAt))
	}
	if err := s.settings.checkTimes(t0, t1, saveAt); err != nil {
		return err
	}
	if s.traits.stochastic && t1 < t0 {
		return errors.Errorf("time span [%v, %v] of a stochastic equation, expected one that runs forwards", t0, t1)
	}
	s.times.Lock()
	defer s.times.Unlock()
	s.setTimes(t0, t1, saveAt)
	return nil
}

func (s *Solver) setTimes(t0, t1 float64, saveAt []float64) {
	s.equation.T0, s.equation.T1 = t0, t1
	copy(s.settings.SaveAt, saveAt)
	s.rowTimes = nil
	if s.stiff != nil {
		s.stiff.equation.T0, s.stiff.equation.T1 = t0, t1
	}
}

// SetStopAt changes the stop times for the solves to come, in number as well. A solver
// with steps per row has none. On an error nothing is changed; its cause is
// graph.ErrInUse during a solve by another goroutine.
func (s *Solver) SetStopAt(times []float64) error {
	if err := s.claim(); err != nil {
		return err
	}
	defer s.use.End()
	if err := checkStops(times); err != nil {
		return err
	}
	if s.settings.Steps == PerRow && len(times) > 0 {
		return lacking("stop times")
	}
	s.times.Lock()
	defer s.times.Unlock()
	s.settings.StopAt = sorted(times)
	return nil
}

// claim begins to use the solver, until s.use.End.
func (s *Solver) claim() error { return s.use.Begin("solver " + s.traits.name) }

// Last returns the outcome of the last solve, but for those of predictors, which report
// theirs (see Reported); Z is set by Predict alone. After a failure it says how far the solve came. In the builder
// of an objective it is that of the solve added last, so that a builder can go on
// from its event.
func (s *Solver) Last() Solution { return s.last }

// Bytes returns the memory of the compiled functions and their frames, without those of
// predictors.
func (s *Solver) Bytes() int {
	n := 0
	for _, c := range s.compiled {
		n += c.bytes()
	}
	if s.stiff != nil {
		n += s.stiff.Bytes()
	}
	return n
}

// failed adds what was being solved to an error.
func (s *Solver) failed(err error) error { return errors.Wrapf(err, "solve with %s", s.traits.name) }

// recovered turns a panic of the dynamics, or of an operation in them, into an
// error.
func (s *Solver) recovered(err *error) {
	if r := recover(); r != nil {
		*err = s.failed(panicked(r))
	}
}

// panicked returns what a panic was called with as an error.
func panicked(r any) error {
	if err, ok := r.(error); ok {
		return err
	}
	return errors.Errorf("%v", r)
}

// params returns the number of inputs of compiled functions that are parameters:
// one, the vector of all, or none.
func (s *Solver) params() int {
	if s.equation.Params == nil || s.equation.Params.Len() == 0 {
		return 0
	}
	return 1
}
