package integrators

import (
	stderrors "errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// run is one solve. It keeps the frames of all accepted steps if a graph is
// to be built from them, else those of two.
type run struct {
	*solver
	keep bool

	z, k1 gorgonia.Value // the present state and first stage
	g     gorgonia.Value // the integrand there, nil if it is not handed on
	fn    functions
	trial *graph.Frame // of the next attempt
	spare *graph.Frame // the frame before, when frames are not kept

	segment segment
	t0      clock        // at the start
	begin   *graph.Frame // of the first stage of the solve
	fresh   *graph.Frame // of that of the next step, after a stop time, if it is to be kept
	latest  *graph.Frame // either, nil if there is none in the present segment

	steps     []runStep // those accepted or, when frames are not kept, the last
	bytes     int64     // that the steps keep
	stepBytes int       // that each keeps without dense output; 0 when frames are not kept
	saves     int       // times served so far
	first     int       // of them, those at the start
	live      bool      // not released
	triedAt   float64   // the last attempt went from there
	triedStep float64   // over that
	path      *brownian // nil without noise
	tried     bool      // the path is that of a trial that was not accepted
	padded    int       // calls of the graph that it adapts to, if more than its own
	idle      surplus   // stands for the first step of a graph if there is none
	rest      surplus   // stands for the steps that a graph has in excess
}

var _ stepper = (*run)(nil)

// newRun returns a run, one that was released if there is any.
func (s *solver) newRun(z0 gorgonia.Value, keep bool) *run {
	r := &run{solver: s}
	if n := len(s.runs); n > 0 {
		r, s.runs = s.runs[n-1], s.runs[:n-1]
	}
	r.z, r.keep, r.live, r.fn = z0, keep, true, s.bare
	return r
}

// solve integrates over the time span and notes the outcome.
func (r *run) solve() error {
	o := r.o
	stats, steps, err := integrate(r, &o.settings, o.control, o.t0, o.t1)
	if attempts := stats.Accepted + stats.Rejected; o.noises() > 0 {
		stats.DiffusionNFE = stats.NFE - attempts*r.evaluations() + o.diffusions(attempts)
	}
	o.last = Solution{Stats: stats, Steps: steps}
	var f *Failure
	if stderrors.As(err, &f) {
		f.Stats = stats
		z := graph.Float64s(r.z)
		f.Norm = floats.Norm(z, 2) / math.Sqrt(float64(len(z)))
		if stderrors.Is(f.Reason, ErrNonFinite) {
			if f.What == "" {
				f.What = r.diagnose(f.T)
			}
			if stats.Accepted+stats.Rejected > 0 {
				f.Stray = r.stray()
			}
		}
	}
	return err
}

func (r *run) start(seg segment) (int, error) {
	t := seg.start
	r.segment = seg
	r.t0 = r.clockAt(t)
	if !graph.Finite(r.z) {
		return 0, &Failure{Reason: ErrNonFinite, What: "the initial state", T: t}
	}
	if r.o.noises() > 0 {
		if err := r.startPath(); err != nil {
			return 0, err
		}
	}
	var err error
	if r.fn, err = r.functionsFor(r.keep); err != nil {
		return 0, err
	}
	r.trial = r.fn.step.NewFrame()
	if r.keep {
		r.stepBytes = r.fn.step.FrameBytes()
	}
	for r.due(t) {
		r.save(r.z)
		r.first++
	}
	if !r.o.carries() {
		return 0, nil
	}
	return 1, r.beginSegment()
}

func (r *run) restart(seg segment) (int, error) {
	r.segment, r.latest = seg, nil
	if !r.o.carries() {
		return 0, nil
	}
	return 1, r.beginSegment()
}

// beginSegment evaluates the first stage and the norms that choose the first step.
func (r *run) beginSegment() error {
	fr := r.begin
	switch {
	case fr == nil:
		fr = r.fn.begin.NewFrame()
		r.begin = fr
	case r.keep && r.o.carries(): // a graph needs the former one as well
		fr = r.fn.begin.NewFrame()
		r.fresh = fr
		r.bytes += int64(r.fn.begin.FrameBytes())
	}
	if err := r.evaluateStages(fr, r.segment.start); err != nil {
		return err
	}
	r.latest, r.k1 = fr, fr.Out(0)
	if r.handing() {
		r.g = fr.Out(r.starts + 2)
	}
	return nil
}

// evaluateStages evaluates the stages of begin at the present state.
func (r *run) evaluateStages(fr *graph.Frame, t float64) error {
	if err := fr.Set(0, r.z); err != nil {
		return err
	}
	c := r.clockAt(t)
	c.set(fr.Data(1))
	return fr.Forward()
}

// handing reports whether the steps of the run hand on an integrand.
func (r *run) handing() bool { return r.keep && r.hands() }

func setAll(fr *graph.Frame, vs ...gorgonia.Value) error {
	for i, v := range vs {
		if err := fr.Set(i, v); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) maxSteps() int {
	switch set := &r.o.settings; {
	case set.MaxSteps > 0:
		return set.MaxSteps
	case r.keep:
		return max(maxKept, set.FixedSteps+len(set.StopAt))
	}
	return maxAttempts
}

func (r *run) kept() int64 { return r.bytes + int64(r.stepBytes) }

func (r *run) evaluations() int { return r.o.evaluations() }

func (r *run) attempt(t, h float64) (e, s float64, err error) {
	fr := r.trial
	r.triedAt, r.triedStep = t, h
	if err = fr.Set(0, r.z); err != nil {
		return 0, 0, err
	}
	if r.o.carries() {
		if err = fr.Set(1, r.k1); err != nil {
			return 0, 0, err
		}
	}
	if r.handing() {
		if err = fr.Set(r.integrandAt(), r.g); err != nil {
			return 0, 0, err
		}
	}
	if r.path != nil {
		r.prepareNoise(t, h)
	}
	c := r.clockAt(t)
	c.set(fr.Data(r.timeAt))
	fr.SetScalar(r.timeAt+1, h)
	if err = fr.Forward(); err != nil {
		return 0, 0, err
	}
	if r.errorAt >= 0 {
		e = fr.Scalar(r.errorAt)
	}
	if r.stiffnessAt >= 0 {
		s = fr.Scalar(r.stiffnessAt)
	}
	if math.IsInf(e, 0) || !graph.Finite(fr.Out(0)) {
		e = math.NaN()
	}
	return e, s, nil
}

func (r *run) accept(t, h, end float64) (nfe int, err error) {
	z0, k1 := r.z, r.k1
	r.tried = false
	r.z = r.trial.Out(0)
	if r.o.carries() {
		r.k1 = r.trial.Out(1)
	}
	if r.handing() {
		r.g = r.trial.Out(r.handedAt())
	}
	if r.keep || len(r.o.settings.SaveAt) > 0 {
		st := r.nextStep()
		st.frame, st.t, st.h, st.clock = r.trial, t, h, r.clockAt(t)
		if r.fresh != nil {
			st.begin, r.fresh = r.fresh, nil
		}
		if nfe, err = r.saveUpTo(end, st, z0, k1); err != nil {
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

// nextStep returns a step that serves no save time yet but those at the start of
// the run, if it is the first. The memory of former steps is used again.
func (r *run) nextStep() *runStep {
	n := len(r.steps)
	if !r.keep {
		n = 0
	}
	if n < cap(r.steps) {
		r.steps = r.steps[:n+1]
	} else {
		r.steps = append(r.steps[:n], runStep{})
	}
	st := &r.steps[n]
	*st = runStep{run: r, from: r.saves, theta: st.theta[:0], dense: st.dense[:0]}
	if r.keep && n == 0 {
		st.from, st.start = 0, r.first
	}
	return st
}

// Release gives all frames back. It may be called twice.
func (r *run) Release() {
	if !r.live {
		return
	}
	for _, fr := range []*graph.Frame{r.begin, r.fresh, r.trial, r.spare} {
		if fr != nil {
			fr.Release()
		}
	}
	if r.keep {
		// The reverse pass has ended with the first step, whose frame is the one in
		// the cache: it is given back last, to be taken first by the next solve.
		for i := range slices.Backward(r.steps) {
			r.steps[i].release()
		}
	}
	*r = run{solver: r.solver, steps: r.steps[:0], path: r.path}
	r.runs = append(r.runs, r)
}
