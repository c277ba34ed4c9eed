package integrators

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Mode says how a solution becomes part of a graph.
type Mode uint8

// The modes of a solution in a graph.
const (
	// Called adds one call of the compiled step function for each step and, in
	// an objective, some to spare.
	Called Mode = iota
	// Inline writes the expression of every step into the graph.
	Inline
)

// Memory says what a called step keeps for its reverse pass. It does not apply
// to inline steps.
type Memory uint8

// The memory modes. Their gradients are the same, bit for bit.
const (
	// Store keeps everything.
	Store Memory = iota
	// Checkpoint keeps the ends of every step and computes the step again.
	Checkpoint
)

// Settings are those of a solver. nil or a zero field means the default. The
// solver keeps copies of the slices.
type Settings struct {
	// Steps says whether all rows of a batch share their steps or each takes its own;
	// Shared if zero. Steps per row are for methods that do not switch, without events,
	// stop times and Mode Inline.
	Steps Stepping
	// AbsTol and RelTol are the tolerances on the local error; if zero, 1e-6 and
	// 1e-3 for an ODE, 1e-2 both for an SDE. One of them can be Zero. A relative
	// tolerance near the rounding error of the state's element type, as the paper's
	// 1.4e-8 in float32, measures rounding as well.
	AbsTol, RelTol float64
	// ErrorColumns is the number of columns of the state, the first ones, that count
	// in the error norm, in the estimate of stiffness, in the choice of the first step
	// and so in the regularizers made of them, and in KineticEnergy; 0 means all. The
	// others are integrated without control, as log-densities or integrals that ride
	// along. More than the state has are an error when a state is first seen.
	ErrorColumns int
	// RoundedEstimate sums the stages of an error estimate in the element type of the
	// state, with weights rounded to it, as OrdinaryDiffEq does and the official code of
	// the paper with it; otherwise they are summed in float64, and in methods for an SDE
	// in the element type whatever is set. In float32 the rounding of the sum is an error
	// of some 1e-8 of the step times the slope that no parameters can remove: at a
	// tolerance as small it keeps E, and with it R_E, from vanishing.
	RoundedEstimate bool
	// Controller chooses the steps; nil is PI control with the method's
	// constants.
	Controller *Controller
	// InitialStep is the size of the first step; zero lets the solver choose.
	InitialStep float64
	// MinStep is the size of the smallest step: if its error is too large as well,
	// the solve fails. Zero is 1e-10 of the time span, if that is finite, and no longer
	// than MaxStep and InitialStep if they are set. No step is smaller than the spacing
	// of float64 at its time, whatever MinStep, and the last step before a stop time or
	// the end is as short as it needs to be.
	MinStep float64
	// ForceMinStep goes on where a step of size MinStep has too large an error: it
	// is accepted, and counted in Stats.Forced.
	ForceMinStep bool
	// MaxStep bounds the steps; zero is the length of the time span.
	MaxStep float64
	// MaxSteps bounds the attempts, accepted or not; if zero, 1e6, or 1e4 in a solve
	// whose steps are kept for its reverse pass, or FixedSteps if there are more.
	MaxSteps int
	// MaxBytes bounds the memory of the steps that a solve keeps for its reverse
	// pass; 8 GiB if zero.
	MaxBytes int64
	// FixedSteps solves with that many equal steps and no error control, whatever
	// the other settings of steps. It is required for a method without an error
	// estimate.
	FixedSteps int

	// SaveAt lists times, in the order of integration, at which the solution is
	// wanted: the result is then their states stacked, (len(SaveAt)·batch, dim),
	// all of the first time first, in place of the last state. They come from the
	// method's dense output and shorten no step.
	SaveAt []float64
	// StopAt lists times, in any order, at which a step must end and the next one
	// starts anew, with a first stage and a step size of its own: those at which
	// the dynamics jump, as at the ends of a pulse. Up to a stop time the dynamics
	// see earlier times only, from there on later ones. Times outside of the span
	// are ignored; the states at stop times are not part of the result unless they
	// are save times. With FixedSteps a stop time divides a step in two.
	StopAt []float64
	// Events end the solve of an ordinary equation, the first of them that occurs: the
	// result is the state where it does, and save times past it have that state as
	// well. The end of the time span then is how far they are looked for. Time and state
	// are differentiated, see Solver.Unroll.
	Events []Event
	// RequireEvent makes a solve fail that comes to the end of the time span without an
	// event. With steps that are not fixed the end may be infinite then.
	RequireEvent bool
	// TimeOrigin is the time that dynamics see as zero: they are given the
	// difference from it, rounded to the element type of the state. With large
	// times and a field that depends on time, set it to the start of the span.
	TimeOrigin float64

	// Mode says how the steps enter a training graph; Called if zero.
	Mode Mode
	// Memory says what called steps keep for the reverse pass; Store if zero.
	Memory Memory
	// Regularizers are added to a training graph, in this order, each once.
	Regularizers []Regularizer
	// Integrand is what the regularizers Integral integrate along the solution of an
	// ODE.
	Integrand Integrand
	// Forms bounds the shapes and element types of state whose compiled functions
	// are kept with their frames, those most recently used; 32 if zero. What is
	// forgotten is compiled again when it comes up, which takes longer than a
	// short solve.
	Forms int
	// Record keeps a record of every attempted step in the solution.
	Record bool
	// Partial makes Predict return, with the error of a solve that failed, the
	// solution as far as it came.
	Partial bool
	// Observe is called after every attempted step, in predictions and in training, by
	// the goroutine that solves, of which a predictor can have several at once; an error
	// ends the solve there, with a *Failure whose Reason it is.
	Observe func(Step) error
}

// withDefaults returns the settings with the defaults in place of zeros, the
// given ones for the tolerances. It accepts a nil receiver.
func (s *Settings) withDefaults(absTol, relTol float64) Settings {
	var d Settings
	if s != nil {
		d = *s
		d.SaveAt = slices.Clone(s.SaveAt)
		d.StopAt = sorted(s.StopAt)
		d.Events = slices.Clone(s.Events)
		d.Regularizers = slices.Clone(s.Regularizers)
	}
	d.AbsTol = cmp.Or(d.AbsTol, absTol)
	d.RelTol = cmp.Or(d.RelTol, relTol)
	d.MaxBytes = cmp.Or(d.MaxBytes, 8<<30)
	d.Forms = cmp.Or(d.Forms, 32)
	return d
}

// Zero is a tolerance of zero, which Settings cannot express by 0: the smallest
// positive float64, which disappears in the sum of the two tolerances. Not both
// can be Zero; with an absolute one of Zero no entry of the state may vanish.
const Zero = math.SmallestNonzeroFloat64

// The defaults of Settings that depend on the solve.
const (
	minStep     = 1e-10 // of the time span
	maxAttempts = 1e6
	maxKept     = 1e4 // attempts of a solve whose steps are kept
)

// timesPerStep is how many different times dynamics that depend on time have to
// see within a step.
const timesPerStep = 64

// sorted returns the times in order, each once.
func sorted(times []float64) []float64 {
	times = slices.Clone(times)
	slices.Sort(times)
	return slices.Compact(times)
}

// checkStops fails unless all stop times are finite.
func checkStops(times []float64) error {
	for _, t := range times {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return errors.Errorf("stop time %v, expected a finite time", t)
		}
	}
	return nil
}

// validate checks settings in which the defaults have been filled in.
// What they can be depends on the method.
func (s *Settings) validate(m Method) error {
	for _, v := range []struct {
		name string
		x    float64
	}{{"absolute tolerance", s.AbsTol}, {"relative tolerance", s.RelTol}, {"initial step", s.InitialStep}, {"minimal step", s.MinStep}, {"maximal step", s.MaxStep}} {
		if !(v.x >= 0) || math.IsInf(v.x, 0) {
			return errors.Errorf("%s %v, expected a positive number", v.name, v.x)
		}
	}
	switch {
	case s.AbsTol <= Zero && s.RelTol <= Zero:
		return errors.New("both tolerances are zero, expected one that is not")
	case s.MaxSteps < 0 || s.FixedSteps < 0:
		return errors.Errorf("at most %d steps, %d fixed steps, expected positive numbers", s.MaxSteps, s.FixedSteps)
	case s.ErrorColumns < 0:
		return errors.Errorf("an error norm of %d columns, expected a positive number", s.ErrorColumns)
	case math.IsNaN(s.TimeOrigin) || math.IsInf(s.TimeOrigin, 0):
		return errors.Errorf("time origin %v, expected a finite time", s.TimeOrigin)
	case s.MaxBytes < 0:
		return errors.Errorf("at most %d bytes, expected a positive number", s.MaxBytes)
	case s.Forms < 0:
		return errors.Errorf("functions for %d forms of state, expected a positive number", s.Forms)
	case s.MaxStep > 0 && s.MaxStep < s.MinStep:
		return errors.Errorf("maximal step %v, expected at least the minimal step %v", s.MaxStep, s.MinStep)
	case s.FixedSteps == 0 && !m.Adaptive():
		return errors.New("no error estimate, expected FixedSteps to be set")
	case s.Mode > Inline || s.Memory > Checkpoint:
		return errors.Errorf("mode %d and memory %d, expected Called or Inline, Store or Checkpoint", s.Mode, s.Memory)
	case len(s.Events) > 0 && m.traits().stochastic:
		return errors.New("events, expected none for a stochastic equation")
	case s.RequireEvent && len(s.Events) == 0:
		return errors.New("an event is required of none, expected Events")
	case s.Integrand != nil && m.traits().stochastic:
		return errors.New("an integrand, expected none for a stochastic equation")
	}
	if err := s.checkPerRow(m); err != nil {
		return err
	}
	for i, e := range s.Events {
		if err := e.check(i); err != nil {
			return err
		}
	}
	for i, r := range s.Regularizers {
		if err := r.check(m, s); err != nil {
			return err
		}
		if slices.Contains(s.Regularizers[:i], r) {
			return errors.Errorf("regularizer %v twice, expected it once: its penalty would count twice", r)
		}
	}
	return checkStops(s.StopAt)
}

// checkTimes fails unless the time span and the save times can be integrated.
func (s *Settings) checkTimes(t0, t1 float64, saveAt []float64) error {
	open := s.RequireEvent && s.FixedSteps == 0 && !math.IsNaN(t1)
	if !finite(t0) || !finite(t1) && !open {
		return errors.Errorf("time span [%v, %v], expected two finite times", t0, t1)
	}
	dir := math.Copysign(1, t1-t0)
	last := t0
	for i, t := range saveAt {
		if !(dir*(t-last) >= 0 && dir*(t1-t) >= 0) {
			return errors.Errorf("save time %d is %v, expected times in the order of integration within [%v, %v]", i, t, t0, t1)
		}
		last = t
	}
	return nil
}
