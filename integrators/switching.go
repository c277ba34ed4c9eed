package integrators

import (
	"math"

	"gorgonia.org/gorgonia"
)

// Switched is a change of method in a solve with a Switch.
type Switched struct {
	T     float64 // time from which on the method is used
	Stiff bool    // whether it is the stiff one
}

// switching is the decision of a Switch in one solve.
type switching struct {
	stability float64 // size of the explicit method's region of stability
	stiff     bool    // whether the stiff method is in use
	count     int     // steps in a row that are on the bound or, negative, off it
	began     [2]stepControl
	// take makes the other method go on in a segment, and returns the evaluations made.
	take func(stiff bool, seg segment) (st stepper, nfe int, err error)
}

// due reports whether the other method is to take the next step, of size h after an
// estimate s.
func (w *switching) due(s, h float64) bool {
	switch bound := !(math.Abs(s*h) <= switchBound*w.stability); {
	case bound:
		w.count = max(0, w.count) + 1
	default:
		w.count = min(0, w.count) - 1
	}
	if w.stiff {
		return w.count < -switchExplicit
	}
	return w.count > switchStiff
}

// reconsider changes the method if that is due.
func (l *loop) reconsider() error {
	w := l.switching
	if w == nil || l.stats.Accepted+l.stats.Rejected == 0 || !w.due(l.s, l.h) {
		return nil
	}
	w.stiff = !w.stiff
	st, nfe, err := w.take(w.stiff, segmentFrom(l.t, l.t1, l.set.StopAt))
	l.stats.NFE += nfe
	if err != nil {
		return err
	}
	l.stepper, l.bounds = st, st
	l.switched = append(l.switched, Switched{T: l.t, Stiff: w.stiff})
	to, h := 0, l.h/switchFactor
	if w.stiff {
		to, h = 1, l.h*switchFactor
	}
	last := l.control
	l.h, l.began, l.control = h, w.began[to], w.began[to]
	l.control.lastError, l.control.lastStep = last.lastError, last.lastStep
	return nil
}

// switching returns the decision of a solve, nil if there is none to make.
func (r *solve) switching() *switching {
	s := r.c.solver
	if s.stiff == nil {
		return nil
	}
	return &switching{
		stability: s.method.(*Switch).StabilitySize,
		began:     [2]stepControl{s.control, s.stiff.control},
		take: func(stiff bool, seg segment) (stepper, int, error) {
			from, to := r, r
			if stiff {
				if r.stiff == nil {
					c, err := s.stiff.compiledFor(r.from.z, r.from.context)
					if err != nil {
						return nil, 0, err
					}
					r.stiff = c.newSolve(r.from.z, r.from.context, r.keep)
					r.stiff.late = true
				}
				to = r.stiff
			} else {
				from = r.stiff
			}
			nfe, err := to.takeOver(from, seg)
			return to, nfe, err
		},
	}
}

// takeOver goes on where the solve by another method is.
func (r *solve) takeOver(from *solve, seg segment) (nfe int, err error) {
	r.takeState(from)
	if r.c.events != nil {
		r.c.events.takeOver(from.c.events)
	}
	if r.trial == nil {
		if err := r.prepare(); err != nil {
			return 0, err
		}
	}
	return r.restart(seg)
}

// takeState takes the state and the steps of the solve by another method.
func (r *solve) takeState(from *solve) {
	r.from = point[gorgonia.Value]{z: from.from.z, context: from.from.context}
	r.steps, from.steps = from.steps, nil
	r.saves, r.atStart, r.bytes = from.saves, from.atStart, from.bytes
	r.event, from.event = from.event, nil
	r.c.saved = from.c.saved
}

// A run is a number of calls in a row of the step of one method, the first ones of
// which are steps; the others are idle.
type run struct {
	first, steps int // steps of the solve
	calls        int
}

// runs returns the calls of a solve, exactly its steps or as many as its graph has.
func (r *solve) runs(exact bool) []run {
	n := r.calls()
	if exact {
		n = r.exactCalls()
	}
	if r.stiff == nil || len(r.steps) == 0 {
		return []run{{steps: len(r.steps), calls: n}}
	}
	var all []run
	for i := range r.steps {
		if i == 0 || r.steps[i].solve != r.steps[i-1].solve {
			all = append(all, run{first: i})
		}
		all[len(all)-1].steps++
	}
	for i := range all {
		all[i].calls = all[i].steps
		if !exact && r.c.solver.settings.Mode == Called {
			all[i].calls = roundUp(all[i].steps)
		}
	}
	return all
}

// of returns the solve by whose method a run of r is.
func (p run) of(r *solve) *solve {
	if p.steps == 0 {
		return r
	}
	return r.steps[p.first].solve
}

// end returns the point at which a run of r ends.
func (p run) end(r *solve) point[gorgonia.Value] {
	if p.steps == 0 {
		return r.from
	}
	return p.of(r).fn.step.end(r.from, r.steps[p.first+p.steps-1].frame)
}
