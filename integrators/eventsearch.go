package integrators

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// looks is the number of times within a step at which events are looked for, beside
// its end.
const looks = 10

// startEvents looks at the events at the start of the solve. One that is zero there
// has no sign yet.
func (r *solve) startEvents(t float64) error {
	f := r.c.events
	fr := f.NewFrame()
	defer fr.Release()
	if err := r.events(fr, r.from.z, t, 0, f.next); err != nil {
		return err
	}
	clear(f.signs)
	f.advance()
	return nil
}

// advance goes on to what was found last.
func (f *eventFunction) advance() {
	for i, g := range f.next {
		if f.values[i] = g; g != 0 {
			f.signs[i] = sign(g)
		}
	}
}

// takeOver goes on from what the functions of another method found.
func (f *eventFunction) takeOver(from *eventFunction) {
	copy(f.values, from.values)
	copy(f.signs, from.signs)
}

// lookForEvent looks for the first event within a step from a point to end, notes it
// as r.event, and returns the evaluations made.
func (r *solve) lookForEvent(st *keptStep, from point[gorgonia.Value], end float64) (nfe int, err error) {
	s := &search{solve: r, step: st, start: from, end: end, looker: r.c.events.NewFrame()}
	defer s.looker.Release()
	within, states, err := r.denseFrame(looks, st, from)
	if err != nil {
		return 0, err
	}
	defer states.Release()
	r.c.solver.fillWeights(r.c.events.looks, states.Data(int(within.in.weights)))
	if err := states.Forward(); err != nil {
		return 0, err
	}
	s.nfe = r.c.solver.traits.extra
	if s.dense, s.frame, err = r.denseFrame(1, st, from); err != nil {
		return s.nfe, err
	}
	err = s.run(states)
	if err == nil && r.event != nil && r.keep {
		err = r.event.differentiate(s)
	}
	if r.event == nil {
		s.frame.Release()
	}
	return s.nfe, err
}

// search looks for an event within one step.
type search struct {
	*solve
	step   *keptStep
	start  point[gorgonia.Value] // the point at which the step starts
	end    float64               // the time at which it ends
	nfe    int                   // evaluations made
	dense  *denseFunction        // dense output at one time
	frame  *graph.Frame          // of dense; that of the event in the end, if there is one
	looker *graph.Frame          // of the events, wherever they are looked at
}

// run looks at the states within the step, and at its end.
func (s *search) run(states *graph.Frame) error {
	f, before := s.c.events, 0.0
	for j := range looks + 1 {
		now, z := 1.0, s.from.z
		if j < looks {
			now, z = f.looks[j], states.Out(j)
		}
		if err := s.evaluate(z, now, f.next); err != nil {
			return err
		}
		first, at := -1, math.Inf(1)
		for i, e := range s.c.solver.settings.Events {
			if !e.counts(f.signs[i], sign(f.next[i])) {
				continue
			}
			x, err := s.zero(i, before, now)
			if err != nil {
				return err
			}
			if x < at {
				first, at = i, x
			}
		}
		if first >= 0 {
			s.event = &ending{index: first, theta: at, t: s.timeAt(at), frame: s.frame}
			return s.interpolate(at)
		}
		f.advance()
		before = now
	}
	return nil
}

// zero returns where event i goes through zero between two fractions of the step.
// Where it was zero at the first already, it does so there.
func (s *search) zero(i int, before, now float64) (float64, error) {
	f := s.c.events
	if f.values[i] == 0 {
		return before, nil
	}
	g := make([]float64, len(f.next))
	tol := math.Max(spacing(math.Max(math.Abs(s.step.t), math.Abs(s.end)))/math.Abs(s.step.h), spacing(0.5))
	return bracket(func(x float64) (float64, error) {
		if err := s.interpolate(x); err != nil {
			return 0, err
		}
		err := s.evaluate(s.frame.Out(0), x, g)
		return g[i], err
	}, before, now, f.values[i], f.next[i], tol)
}

// interpolate computes the state at a fraction of the step.
func (s *search) interpolate(theta float64) error {
	s.c.solver.fillWeights([]float64{theta}, s.frame.Data(int(s.dense.in.weights)))
	s.nfe += s.c.solver.traits.extra
	return s.frame.Forward()
}

// evaluate computes the events at the state at a fraction of the step.
func (s *search) evaluate(z gorgonia.Value, theta float64, g []float64) error {
	return s.events(s.looker, z, s.step.t, theta*s.step.h, g)
}

// timeAt returns the time at a fraction of the step.
func (s *search) timeAt(theta float64) float64 {
	if theta == 1 {
		return s.end
	}
	return s.step.t + theta*s.step.h
}

// finish gives a solve with events its last states: those at the save times that
// it did not come to or, without save times, the one at its end.
func (r *solve) finish(sol *Solution) {
	if r.event != nil {
		sol.T, sol.Event = r.event.t, r.event.index
	}
	n := r.c.solver.states() - r.saves
	if !r.keep {
		for i := range n {
			value.CopyRows(r.c.result(), (r.saves+i)*r.c.batch, r.from.z)
		}
		return
	}
	if k := len(r.steps); k > 0 {
		st := &r.steps[k-1]
		st.atEnd += n
		st.event, st.time = r.event, r.c.solver.timeRow(sol.T, r.from.z)
	} else {
		r.atStart += n
		r.time = r.c.solver.timeRow(sol.T, r.from.z)
	}
}
