package integrators

import "math"

// stepper takes the steps of one solve. It owns states and frames; the loop
// knows times, errors and step sizes.
type stepper interface {
	// start prepares the first step at time t and returns the evaluations made.
	start(t float64) (nfe int, err error)
	// initialStep chooses the size of the first step in the direction dir, at
	// most hmax, and returns the evaluations made.
	initialStep(t, dir, hmax float64) (h float64, nfe int, err error)
	// attempt tries a step and returns its scaled error and stiffness. A result
	// that is not finite has a NaN error.
	attempt(t, h float64) (e, s float64, err error)
	// accept makes the result of the last attempt the state at time end, which
	// is t + h but for rounding.
	accept(t, h, end float64) error
	// evaluations is the number made by one attempt.
	evaluations() int
	// kept is the memory of the steps that are kept and of one more, in bytes; 0 if
	// none are.
	kept() int64
}

// loop is the progress of one solve from t0 to t1.
type loop struct {
	stepper
	set     *Settings
	control stepControl

	t0, t1    float64
	dir, hmax float64

	t, h     float64 // the next step goes from t to t + h
	e        float64 // scaled error of the last attempt
	rejected bool    // the last attempt

	stats Stats
	steps []Step
}

// integrate runs an adaptive or a fixed-step solve from t0 to t1. The error is
// a *Failure if the solve cannot reach t1.
func integrate(st stepper, set *Settings, control stepControl, t0, t1 float64) (Stats, []Step, error) {
	l := &loop{
		stepper: st, set: set, control: control,
		t0: t0, t1: t1, dir: math.Copysign(1, t1-t0), hmax: math.Abs(t1 - t0), t: t0,
	}
	if set.MaxStep > 0 {
		l.hmax = min(l.hmax, set.MaxStep)
	}
	err := l.run()
	return l.stats, l.steps, err
}

func (l *loop) run() error {
	nfe, err := l.start(l.t0)
	l.stats.NFE += nfe
	if err != nil {
		return err
	}
	if err := l.first(); err != nil {
		return err
	}
	for l.t != l.t1 {
		end, err := l.next()
		if err != nil {
			return err
		}
		if err := l.take(end); err != nil {
			return err
		}
	}
	return nil
}

// first chooses the size of the first step.
func (l *loop) first() error {
	switch {
	case l.fixed():
		l.h = (l.t1 - l.t0) / float64(l.set.FixedSteps)
	case l.set.InitialStep > 0:
		l.h = l.dir * l.set.InitialStep
	default:
		h, nfe, err := l.initialStep(l.t0, l.dir, l.hmax)
		l.h = h
		l.stats.NFE += nfe
		return err
	}
	return nil
}

func (l *loop) fixed() bool { return l.set.FixedSteps > 0 }

// next limits the step to be tried and returns where it ends, or fails if no
// step can be tried. The time t1 is hit exactly.
func (l *loop) next() (end float64, err error) {
	switch {
	case math.IsNaN(l.h):
		return 0, l.fail(ErrNonFinite)
	case l.fixed():
		if i := l.stats.Accepted + 1; i < l.set.FixedSteps {
			end = l.t0 + float64(i)*l.h
		} else {
			l.h, end = l.t1-l.t, l.t1
		}
	default:
		l.h = limitStep(l.h, l.set.MinStep, l.hmax)
		last := math.Abs(l.h) >= math.Abs(l.t1-l.t)
		if last {
			l.h = l.t1 - l.t
		}
		// A last step may be as short as it needs to be.
		if math.Abs(l.h) <= l.set.MinStep && (l.rejected || !last) {
			if math.IsNaN(l.e) {
				return 0, l.fail(ErrNonFinite)
			}
			return 0, l.fail(ErrStepUnderflow)
		}
		end = l.t + l.h
		if last {
			end = l.t1
		}
	}
	if end == l.t { // h is less than the rounding error of t
		return 0, l.fail(ErrStepUnderflow)
	}
	if l.stats.Accepted+l.stats.Rejected >= l.set.MaxSteps {
		return 0, l.fail(ErrMaxSteps)
	}
	if l.kept() > l.set.MaxBytes {
		return 0, l.fail(ErrMaxBytes)
	}
	return end, nil
}

// take tries the step to end and, if it is accepted, goes there.
func (l *loop) take(end float64) error {
	e, s, err := l.attempt(l.t, l.h)
	if err != nil {
		return err
	}
	l.e = e
	l.stats.NFE += l.evaluations()
	l.rejected = math.IsNaN(e) || e > 1 && !l.fixed()
	if l.set.Record {
		l.steps = append(l.steps, Step{T: l.t, H: l.h, E: e, S: s, Accepted: !l.rejected})
	}
	if l.rejected {
		l.stats.Rejected++
		if l.fixed() {
			return l.fail(ErrNonFinite)
		}
		l.h = l.control.reject(e, l.h)
		return nil
	}
	l.stats.Accepted++
	l.stats.MaxStiffness = max(l.stats.MaxStiffness, s)
	if err := l.accept(l.t, l.h, end); err != nil {
		return err
	}
	l.t = end
	if !l.fixed() {
		l.h = l.control.accept(e, l.h)
	}
	return nil
}

func (l *loop) fail(reason error) error {
	return &Failure{Reason: reason, T: l.t, H: l.h, E: l.e, Stats: l.stats}
}
