package integrators

import (
	"math"

	"github.com/regnde/regnde/graph/value"
)

// A solve tries a step in one frame, over and over until it is accepted. A solve that is
// kept keeps that frame then.

func (r *solve) maxSteps() int { return r.c.solver.settings.attempts(r.keep) }

// attempts returns the most attempts of a solve, kept or not.
func (s *Settings) attempts(keep bool) int {
	switch {
	case s.MaxSteps > 0:
		return s.MaxSteps
	case keep:
		return max(maxKept, s.FixedSteps+len(s.StopAt))
	}
	return max(maxAttempts, s.FixedSteps+len(s.StopAt))
}

func (r *solve) kept() int64 { return r.bytes + int64(r.stepBytes) }

func (r *solve) resolution(t float64) float64 { return r.c.resolution(t) }

func (r *solve) evaluations() int { return r.c.solver.traits.drifts }

func (r *solve) attempt(t, h float64) (e, s float64, err error) {
	fr, f := r.trial, r.fn.step
	r.triedAt, r.triedStep = t, h
	if err = f.bind(fr, r.from); err != nil {
		return 0, 0, err
	}
	if r.path != nil {
		r.followPath(t, h)
	}
	c := r.clockAt(t)
	c.set(fr.Data(int(f.in.t)))
	fr.SetScalar(int(f.in.h), h)
	if err = fr.Forward(); err != nil {
		return 0, 0, err
	}
	if f.out.e != none {
		e = fr.Scalar(int(f.out.e))
	}
	if f.out.s != none {
		s = fr.Scalar(int(f.out.s))
	}
	r.triedS = s
	if math.IsInf(e, 0) || !value.Finite(fr.Out(int(f.out.z))) {
		e = math.NaN()
	}
	return e, s, nil
}

func (r *solve) accept(t, h, end float64) (nfe int, err error) {
	from := r.from
	r.tried = false
	r.from = r.fn.step.end(from, r.trial)
	if r.keep || len(r.c.solver.settings.SaveAt) > 0 || r.c.events != nil {
		st := r.nextStep()
		st.frame, st.t, st.h, st.clock = r.trial, t, h, r.clockAt(t)
		if r.keep { // the frame is the step's, to release
			r.trial = nil
		}
		if r.fresh != nil {
			st.first, r.fresh = r.fresh, nil
		}
		looked := 0
		if r.c.events != nil {
			if looked, err = r.lookForEvent(st, from, end); err != nil {
				r.from = from
				return looked, err
			}
			if r.event != nil {
				end, r.from.z = r.event.t, r.event.state()
			}
		}
		nfe, err = r.saveUpTo(end, st, from)
		if nfe += looked; err != nil {
			return nfe, err
		}
	}
	if r.keep {
		r.bytes += int64(r.stepBytes)
		r.trial = r.fn.step.NewFrame()
		return nfe, nil
	}
	r.trial, r.spare = r.spare, r.trial
	if r.trial == nil {
		r.trial = r.fn.step.NewFrame()
	}
	return nfe, nil
}

func (r *solve) ended() (t float64, yes bool) {
	if r.event == nil {
		return 0, false
	}
	return r.event.t, true
}

// nextStep returns a step that serves no save time yet but those at the start of
// the solve, if it is the first. The memory of former steps is used again.
func (r *solve) nextStep() *keptStep {
	n := len(r.steps)
	if !r.keep {
		n = 0
	}
	if n < cap(r.steps) {
		r.steps = r.steps[:n+1]
	} else {
		r.steps = append(r.steps[:n], keptStep{})
	}
	st := &r.steps[n]
	*st = keptStep{solve: r, save: r.saves, theta: st.theta[:0], dense: st.dense[:0]}
	if r.keep && n == 0 {
		st.save, st.atStart = 0, r.atStart
	}
	return st
}
