package integrators

import "math"

// stepper takes the steps of one solve. It owns states and frames; the loop
// knows times, errors and step sizes.
type stepper interface {
	// start prepares the first step of the solve, restart the first one of a later
	// segment of the time span. Both return the evaluations made.
	start(seg segment) (nfe int, err error)
	restart(seg segment) (nfe int, err error)
	// initialStep chooses the size of the first step of a segment in the direction
	// dir, from hmin to hmax, and returns the evaluations made.
	initialStep(dir, hmin, hmax float64) (h float64, nfe int, err error)
	// attempt tries a step and returns its scaled error and stiffness. A result
	// that is not finite has a NaN error.
	attempt(t, h float64) (e, s float64, err error)
	// accept makes the result of the last attempt the state at time end, which
	// is t + h but for rounding, and returns the evaluations made.
	accept(t, h, end float64) (nfe int, err error)
	// ended returns the time of the event that the last step accepted came to, if any.
	ended() (t float64, yes bool)
	// evaluations is the number made by one attempt.
	evaluations() int
	// maxSteps bounds the attempts.
	maxSteps() int
	// kept is the memory of the steps that are kept and of one more, in bytes; 0 if
	// none are.
	kept() int64
	// resolution is the spacing of the times around t that the dynamics can tell
	// apart, 0 if they do not depend on time.
	resolution(t float64) float64
}

// loop is the progress of one solve from t0 to t1.
type loop struct {
	stepper
	set     *Settings
	limits  *limits
	began   stepControl // state of the control at the start of a segment
	control stepControl

	t0, t1    float64
	dir, hmax float64
	segment   segment

	t, h     float64 // the next step goes from t to t + h
	hmin     float64 // size of the shortest step from t
	shortest bool    // the next step is no longer than hmin, but for rounding
	e, s     float64 // scaled error and stiffness of the last attempt
	rejected bool    // the last attempt was rejected

	interval float64 // distance of the ends of fixed steps
	grid     int     // number of these ends that were reached
	atGrid   bool    // the next step ends at one of them

	switching *switching // nil with one method
	switched  []Switched

	stats Stats
	steps []Step
}

// integrate runs an adaptive or a fixed-step solve from t0 to t1. The error is
// a *Failure if the solve cannot reach t1.
func integrate(st stepper, set *Settings, lim *limits, control stepControl, w *switching, t0, t1 float64) (*loop, error) {
	l := &loop{
		stepper: st, switching: w, set: set, limits: lim, began: control, control: control,
		t0: t0, t1: t1, dir: math.Copysign(1, t1-t0), hmax: math.Abs(t1 - t0), t: t0,
		segment: segmentFrom(t0, t1, set.StopAt),
	}
	if set.MaxStep > 0 {
		l.hmax = min(l.hmax, set.MaxStep)
	}
	return l, l.run()
}

func (l *loop) run() error {
	nfe, err := l.start(l.segment)
	l.stats.NFE += nfe
	if err == nil && l.t0 != l.t1 {
		err = l.first()
	}
	if err != nil {
		return err
	}
	for l.t != l.t1 {
		if err := l.reconsider(); err != nil {
			return err
		}
		end, err := l.next()
		if err != nil {
			return err
		}
		if err := l.take(end); err != nil {
			return err
		}
		if l.t == l.segment.end && l.t != l.t1 {
			if err := l.nextSegment(); err != nil {
				return err
			}
		}
	}
	if _, yes := l.ended(); l.set.RequireEvent && !yes {
		return l.fail(ErrNoEvent)
	}
	return nil
}

// nextSegment starts anew after a stop time: the dynamics may be others there.
func (l *loop) nextSegment() error {
	l.segment = segmentFrom(l.t, l.t1, l.set.StopAt)
	l.control = l.began
	nfe, err := l.restart(l.segment)
	l.stats.NFE += nfe
	if err != nil || l.fixed() {
		return err
	}
	return l.first()
}

// first chooses the size of the first step of a segment.
func (l *loop) first() error {
	if math.Abs(l.t1-l.t0) < timesPerStep*max(l.resolution(l.t0), l.resolution(l.t1)) {
		return l.fail(ErrTimeResolution) // no step can be longer than the span
	}
	if l.fixed() {
		l.interval = (l.t1 - l.t0) / float64(l.set.FixedSteps)
		l.h = l.interval
		if math.Abs(l.h) < timesPerStep*max(l.resolution(l.t0), l.resolution(l.t1)) {
			return l.fail(ErrTimeResolution)
		}
		return nil
	}
	l.limit()
	if l.set.InitialStep > 0 {
		l.h = l.dir * l.set.InitialStep
		return nil
	}
	h, nfe, err := l.initialStep(l.dir, l.hmin, min(l.hmax, math.Abs(l.segment.end-l.t)))
	l.h = h
	l.stats.NFE += nfe
	return err
}

func (l *loop) fixed() bool { return l.set.FixedSteps > 0 }

// limit finds the smallest step from here.
func (l *loop) limit() {
	l.hmin = l.set.MinStep
	if l.hmin == 0 && finite(l.t1) {
		l.hmin = minStep * math.Abs(l.t1-l.t0)
	}
	l.hmin = max(l.hmin, spacing(l.t))
}

// next limits the step to be tried and returns where it ends, or fails if no
// step can be tried. Stop times and t1 are hit exactly, and h is the difference
// of the times at which the step ends and begins.
func (l *loop) next() (end float64, err error) {
	if l.fixed() {
		end = l.nextFixed()
	} else {
		l.limit()
		l.h = limitStep(l.h, l.hmin, l.hmax)
		l.shortest = math.Abs(l.h) <= l.hmin
		end = l.t + l.h
		// A last step may be as short as it needs to be, but not made of rounding.
		if math.Abs(l.h) >= math.Abs(l.segment.end-l.t)-4*spacing(l.segment.end) {
			end = l.segment.end
			l.shortest = math.Abs(end-l.t) <= l.hmin
		}
	}
	switch {
	case math.IsNaN(end):
		return 0, l.fail(ErrNonFinite)
	case math.IsInf(end, 0):
		return 0, l.fail(ErrNoEvent)
	}
	if l.h = end - l.t; l.h == 0 { // h is less than the rounding error of t
		return 0, l.fail(ErrStepUnderflow)
	}
	if l.stats.Accepted+l.stats.Rejected >= l.maxSteps() {
		return 0, l.fail(ErrMaxSteps)
	}
	if l.kept() > l.set.MaxBytes {
		return 0, l.fail(ErrMaxBytes)
	}
	if err := l.limits.check(l.stats.NFE + l.evaluations()); err != nil {
		return 0, l.fail(err)
	}
	return end, nil
}

// nextFixed returns the next point of the grid of fixed steps, or a stop time
// before it. A stop time that is one but for rounding takes its place.
func (l *loop) nextFixed() float64 {
	end := l.t1
	if i := l.grid + 1; i < l.set.FixedSteps {
		end = l.t0 + float64(i)*l.interval
	}
	stop := l.segment.end
	rounding := min(4*spacing(end), math.Abs(l.interval)/4)
	l.atGrid = l.dir*(stop-end) >= -rounding
	if l.dir*(stop-end) <= rounding {
		return stop
	}
	return end
}

// take tries the step to end and, if it is accepted, goes there.
func (l *loop) take(end float64) error {
	e, s, err := l.attempt(l.t, l.h)
	if err != nil {
		return err
	}
	l.e, l.s = e, s
	l.stats.NFE += l.evaluations()
	forced := l.shortest && l.set.ForceMinStep && e > 1
	l.rejected = math.IsNaN(e) || e > 1 && !l.fixed() && !forced
	if l.rejected {
		l.stats.Rejected++
	} else {
		l.stats.Accepted++
		if l.switching != nil && l.switching.stiff {
			l.stats.Stiff++
		}
		l.stats.MaxStiffness = max(l.stats.MaxStiffness, s)
	}
	if forced {
		l.stats.Forced++
	}
	if err := l.report(Step{T: l.t, H: l.h, E: e, S: s, Accepted: !l.rejected, Stiff: l.switching != nil && l.switching.stiff}); err != nil {
		return err
	}
	if l.rejected {
		return l.reject()
	}
	nfe, err := l.accept(l.t, l.h, end)
	l.stats.NFE += nfe
	if err != nil {
		return err
	}
	l.t = end
	if t, yes := l.ended(); yes {
		l.t, l.t1 = t, t
		return nil
	}
	if l.fixed() {
		if l.atGrid {
			l.grid++
		}
		return nil
	}
	h := l.h
	l.h = l.control.accept(e, h)
	// A step that hardly grows is what the error wants; the others are on the way.
	if l.t != l.segment.end && math.Abs(l.h) < 2*math.Abs(h) && l.tooShort(l.h) {
		return l.fail(ErrTimeResolution)
	}
	return nil
}

// reject chooses a shorter step than the one that was tried, unless that was the
// shortest.
func (l *loop) reject() error {
	switch {
	case math.IsNaN(l.e) && (l.shortest || l.fixed()):
		return l.fail(ErrNonFinite)
	case l.shortest:
		return l.fail(ErrStepUnderflow)
	}
	l.h = l.control.reject(l.e, l.h)
	if !math.IsNaN(l.e) && l.tooShort(l.h) {
		return l.fail(ErrTimeResolution)
	}
	return nil
}

// tooShort reports whether the dynamics would not see enough different times
// within a step of size h.
func (l *loop) tooShort(h float64) bool { return math.Abs(h) < timesPerStep*l.resolution(l.t) }

// report hands an attempt to those who want to know.
func (l *loop) report(s Step) error {
	if l.set.Record {
		l.steps = append(l.steps, s)
	}
	if l.set.Observe == nil {
		return nil
	}
	if err := l.set.Observe(s); err != nil {
		return l.fail(err)
	}
	return nil
}

func (l *loop) fail(reason error) error {
	return &Failure{Reason: reason, T: l.t, H: l.h, E: l.e, Stats: l.stats}
}
