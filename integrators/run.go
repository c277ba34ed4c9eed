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

	begin     *graph.Frame
	steps     []runStep // those accepted or, when frames are not kept, the last
	bytes     int64     // that the steps keep
	stepBytes int       // that each keeps without dense output; 0 when frames are not kept
	saves     int       // times served so far
	first     int       // of them, those at the start
	live      bool      // not released
	path      *brownian // nil without noise
	tried     bool      // the path is that of a trial that was not accepted
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
	}
	return err
}

func (r *run) start(t float64) (int, error) {
	if !graph.Finite(r.z) {
		return 0, &Failure{Reason: ErrNonFinite, T: t}
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
	return 1, r.beginAt(t)
}

// beginAt evaluates the first stage and the norms that choose the first step.
func (r *run) beginAt(t float64) error {
	r.begin = r.fn.begin.NewFrame()
	if err := r.begin.Set(0, r.z); err != nil {
		return err
	}
	r.begin.SetScalar(1, t)
	if err := r.begin.Forward(); err != nil {
		return err
	}
	r.k1 = r.begin.Out(0)
	if r.handing() {
		r.g = r.begin.Out(r.starts + 2)
	}
	return nil
}

func (r *run) initialStep(t, dir, hmax float64) (float64, int, error) {
	if r.begin == nil {
		if err := r.beginAt(t); err != nil {
			return 0, 0, err
		}
	}
	n := r.starts
	d0, d1 := r.begin.Scalar(n), r.begin.Scalar(n+1)
	h0 := probeStep(d0, d1, hmax)
	fr := r.probe.NewFrame()
	defer fr.Release()
	if err := fr.Set(0, r.z); err != nil {
		return 0, 0, err
	}
	for i := range n {
		if err := fr.Set(1+i, r.begin.Out(i)); err != nil {
			return 0, 0, err
		}
	}
	fr.SetScalar(n+1, t)
	fr.SetScalar(n+2, dir*h0)
	if err := fr.Forward(); err != nil {
		return 0, 0, err
	}
	h := r.o.firstStep(h0, d1, fr.Scalar(0), r.o.settings.MinStep, hmax)
	return dir * h, 2, nil
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

func (r *run) kept() int64 { return r.bytes + int64(r.stepBytes) }

func (r *run) evaluations() int { return r.o.evaluations(len(r.o.settings.SaveAt) > 0) }

func (r *run) attempt(t, h float64) (e, s float64, err error) {
	fr := r.trial
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
	fr.SetScalar(r.timeAt, t)
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

func (r *run) accept(t, h, end float64) error {
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
		st.frame, st.t, st.h = r.trial, t, h
		if err := r.saveUpTo(end, st, z0, k1); err != nil {
			return err
		}
	}
	if r.keep {
		r.bytes += int64(r.stepBytes)
		r.trial = r.fn.step.NewFrame()
		return nil
	}
	r.trial, r.spare = r.spare, r.trial
	if r.trial == nil {
		r.trial = r.fn.step.NewFrame()
	}
	return nil
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
	for _, fr := range []*graph.Frame{r.begin, r.trial, r.spare} {
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
