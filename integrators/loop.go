package integrators

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
	bounds
}

// loop is one solve from t0 to t1.
type loop struct {
	progress
	stepper
	began    stepControl // state of the control at the start of a segment
	switched []Switched
}

// integrate runs an adaptive or a fixed-step solve from t0 to t1. The error is
// a *Failure if the solve cannot reach t1.
func integrate(st stepper, set *Settings, lim *limits, control stepControl, w *switching, t0, t1 float64) (*loop, error) {
	l := &loop{stepper: st, began: control}
	l.progress.reset(st, set, lim, control, t0, t1)
	l.switching = w
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
	choose, err := l.begin()
	if err != nil || !choose {
		return err
	}
	h, nfe, err := l.initialStep(l.dir, l.hmin, l.longest())
	l.h = h
	l.stats.NFE += nfe
	return err
}

// take tries the step to end and, if it is accepted, goes there.
func (l *loop) take(end float64) error {
	e, s, err := l.attempt(l.t, l.h)
	if err != nil {
		return err
	}
	if err := l.judge(e, s); err != nil {
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
	if t, yes := l.ended(); yes {
		l.t, l.t1 = t, t
		return nil
	}
	return l.advance(end)
}
