package integrators

import (
	stderrors "errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// solve is one solve. It keeps the frames of all accepted steps if a graph is
// to be built from them, else those of two.
type solve struct {
	c    *compiled
	fn   functions // either those of c
	keep bool

	from  point[gorgonia.Value] // the present point
	trial *graph.Frame          // for the next attempt
	spare *graph.Frame          // the frame of the step before, when frames are not kept

	segment segment
	t0      clock        // at the start
	first   *graph.Frame // first stage of the solve
	fresh   *graph.Frame // first stage of the next step, after a stop time, if it is to be kept
	latest  *graph.Frame // first stage of the present segment, nil if not evaluated

	stiff *solve // the solve by the stiff method of a Switch, nil until needed
	late  bool   // the solve began with another method

	solution Solution       // the outcome
	event    *ending        // the event that ended the solve, nil if none has
	time     gorgonia.Value // the row of the time of a solve with events but without steps, else nil

	steps     []keptStep // the accepted steps or, when frames are not kept, the last
	bytes     int64      // memory that the steps keep
	stepBytes int        // memory that each keeps without dense output; 0 when frames are not kept
	saves     int        // save times served so far
	atStart   int        // save times served at the start
	live      bool       // the solve is not released
	triedAt   float64    // start of the last attempt
	triedStep float64    // size of the last attempt
	triedS    float64    // stiffness of the last attempt
	path      wiener     // nil without noise
	tried     bool       // the path is that of a trial that was not accepted
	padded    int        // calls of the graph that the solve adapts to, if more than its own
	idle      idleStep   // stands for the first step of a graph if there is none
	rest      []idleStep // stand for the steps that the runs of a graph have in excess
}

var _ stepper = (*solve)(nil)

// newSolve returns a solve from z0 in a context, one that was released if there is any.
func (c *compiled) newSolve(z0 gorgonia.Value, context []gorgonia.Value, keep bool) *solve {
	var r *solve
	if n := len(c.free); n > 0 {
		r, c.free = c.free[n-1], c.free[:n-1]
	} else {
		r = &solve{c: c}
	}
	r.from.z, r.from.context, r.keep, r.live, r.fn = z0, context, keep, true, c.bare
	return r
}

// run integrates over the time span and notes the outcome.
func (r *solve) run() error {
	s := r.c.solver
	l, err := integrate(r, &s.settings, &s.limits, s.control, r.switching(), s.equation.T0, s.equation.T1)
	stats, last := l.stats, l.stepper.(*solve) // by the method in use at the end
	if attempts := stats.Accepted + stats.Rejected; s.traits.stochastic {
		stats.DiffusionNFE = stats.NFE - attempts*s.traits.drifts + attempts*s.traits.diffusions
	}
	s.last = Solution{Stats: stats, Steps: l.steps, Switches: l.switched, Saved: last.saves, T: s.equation.T1, Event: -1}
	if err == nil && r.c.events != nil {
		last.finish(&s.last)
	}
	r.solution = s.last
	if last != r {
		defer r.takeState(last)
	}
	var f *Failure
	if stderrors.As(err, &f) {
		f.Stats, s.last.T = stats, f.T
		z := value.Float64s(last.from.z)
		f.Norm = floats.Norm(z, 2) / math.Sqrt(float64(len(z)))
		if stderrors.Is(f.Reason, ErrNonFinite) {
			if f.What == "" {
				f.What = last.diagnose(f.T)
			}
			if stats.Accepted+stats.Rejected > 0 {
				f.Stray = last.stray()
			}
		}
	}
	return err
}

func (r *solve) start(seg segment) (int, error) {
	t := seg.start
	r.segment = seg
	r.t0 = r.clockAt(t)
	if err := r.c.solver.limits.check(1); err != nil {
		return 0, &Failure{Reason: err, T: t}
	}
	if !value.Finite(r.from.z) {
		return 0, &Failure{Reason: ErrNonFinite, What: "the initial state", T: t}
	}
	if r.c.solver.traits.stochastic {
		if err := r.startPath(); err != nil {
			return 0, err
		}
	}
	if err := r.prepare(); err != nil {
		return 0, err
	}
	for r.due(t) {
		r.save(r.from.z)
		r.atStart++
	}
	if r.c.events != nil {
		if err := r.startEvents(t); err != nil {
			return 0, err
		}
	}
	return r.restart(seg)
}

// prepare takes the functions of the solve, and the frame of the first attempt.
func (r *solve) prepare() (err error) {
	if r.fn, err = r.c.functionsFor(r.keep); err != nil {
		return err
	}
	r.trial = r.fn.step.NewFrame()
	if r.keep {
		r.stepBytes = r.fn.step.FrameBytes()
	}
	return nil
}

func (r *solve) restart(seg segment) (int, error) {
	r.segment, r.latest = seg, nil
	if !r.c.solver.traits.fsal {
		return 0, nil
	}
	return 1, r.startSegment()
}

// startSegment evaluates the first stage and the norms that choose the first step.
func (r *solve) startSegment() error {
	fr := r.first
	own := r.keep && r.c.solver.traits.fsal // a graph needs the former one as well
	switch {
	case fr == nil && !(own && r.late):
		fr = r.fn.first.NewFrame()
		r.first = fr
	case own:
		fr = r.fn.first.NewFrame()
		r.fresh = fr
		r.bytes += int64(r.fn.first.FrameBytes())
	}
	if err := r.evaluateFields(r.fn.first, fr, r.segment.start); err != nil {
		return err
	}
	r.latest, r.from = fr, r.fn.first.start(r.from, fr)
	return nil
}

// evaluateFields evaluates a first stage at the present state.
func (r *solve) evaluateFields(f *firstStage, fr *graph.Frame, t float64) error {
	if err := fr.Set(int(f.in.z), r.from.z); err != nil {
		return err
	}
	if err := setAll(fr, f.in.context, r.from.context); err != nil {
		return err
	}
	c := r.clockAt(t)
	c.set(fr.Data(int(f.in.t)))
	return fr.Forward()
}

// Release gives all frames back. It may be called twice.
func (r *solve) Release() {
	if !r.live {
		return
	}
	if r.stiff != nil {
		defer r.stiff.Release() // its steps are those of r
	}
	for _, fr := range []*graph.Frame{r.first, r.fresh, r.trial, r.spare} {
		if fr != nil {
			fr.Release()
		}
	}
	if r.event != nil {
		r.event.release()
	}
	if r.keep {
		// The reverse pass has ended with the first step, whose frame is the one in
		// the cache: it is given back last, to be taken first by the next solve.
		for i := range slices.Backward(r.steps) {
			r.steps[i].release()
		}
	}
	*r = solve{c: r.c, steps: r.steps[:0], path: r.path}
	r.c.free = append(r.c.free, r)
}
