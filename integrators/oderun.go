package integrators

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// maxDense is the most times that one call of the dense output serves.
const maxDense = 32

// odeRun is one solve. It keeps the frames of all accepted steps if a graph is
// to be built from them, else those of two.
type odeRun struct {
	*odeSolver
	keep bool

	z, k1 gorgonia.Value // the present state and first stage
	trial *graph.Frame   // of the next attempt
	spare *graph.Frame   // the frame before, when frames are not kept

	begin *graph.Frame
	steps []odeStep
	saves int // times served so far
	first int // of them, those at the start
}

// odeStep is an accepted step of a kept run.
type odeStep struct {
	frame *graph.Frame
	t, h  float64
	// The save times served by the step: those within it, some at a time, and
	// the number of those at its end.
	dense []*graph.Frame
	theta []float64
	end   int
}

var _ stepper = (*odeRun)(nil)

func (s *odeSolver) newRun(z0 gorgonia.Value, keep bool) *odeRun {
	return &odeRun{odeSolver: s, z: z0, keep: keep}
}

// solve integrates over the time span and notes the outcome.
func (r *odeRun) solve() error {
	o := r.o
	stats, steps, err := integrate(r, &o.settings, o.control(), o.t0, o.t1)
	o.last = Solution{Stats: stats, Steps: steps}
	return err
}

func (r *odeRun) start(t float64) (int, error) {
	if !graph.Finite(r.z) {
		return 0, &Failure{Reason: ErrNonFinite, T: t}
	}
	r.begin = r.odeSolver.begin.NewFrame()
	if err := r.begin.Set(0, r.z); err != nil {
		return 0, err
	}
	r.begin.SetScalar(1, t)
	if err := r.begin.Forward(); err != nil {
		return 0, err
	}
	r.k1 = r.begin.Out(0)
	r.trial = r.odeSolver.step.NewFrame()
	for r.due(t) {
		r.save(r.z)
		r.first++
	}
	if r.o.method.FSAL {
		return 1, nil
	}
	return 0, nil
}

func (r *odeRun) initialStep(t, dir, hmax float64) (float64, int, error) {
	d0, d1 := r.begin.Scalar(1), r.begin.Scalar(2)
	h0 := probeStep(d0, d1, hmax)
	fr := r.probe.NewFrame()
	defer fr.Release()
	if err := setAll(fr, r.z, r.k1); err != nil {
		return 0, 0, err
	}
	fr.SetScalar(2, t)
	fr.SetScalar(3, dir*h0)
	if err := fr.Forward(); err != nil {
		return 0, 0, err
	}
	h := initialStep(h0, d1, fr.Scalar(0), float64(r.o.method.Order), r.o.settings.MinStep, hmax)
	return dir * h, 2, nil
}

func setAll(fr *graph.Frame, vs ...gorgonia.Value) error {
	for i, v := range vs {
		if err := fr.Set(i, v); err != nil {
			return err
		}
	}
	return nil
}

func (r *odeRun) evaluations() int {
	n := r.o.method.EvaluationsPerStep()
	if len(r.o.settings.SaveAt) > 0 && r.o.method.DenseNeedsEnd() {
		n++
	}
	return n
}

func (r *odeRun) attempt(t, h float64) (e, s float64, err error) {
	fr := r.trial
	at := 1
	if err = fr.Set(0, r.z); err != nil {
		return 0, 0, err
	}
	if r.o.method.FSAL {
		if err = fr.Set(1, r.k1); err != nil {
			return 0, 0, err
		}
		at = 2
	}
	fr.SetScalar(at, t)
	fr.SetScalar(at+1, h)
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

func (r *odeRun) accept(t, h, end float64) error {
	fr := r.trial
	st := odeStep{frame: fr, t: t, h: h}
	z0, k1 := r.z, r.k1
	r.z = fr.Out(0)
	if r.o.method.FSAL {
		r.k1 = fr.Out(1)
	}
	times := r.o.settings.SaveAt
	dir := math.Copysign(1, h)
	for r.saves+len(st.theta) < len(times) && dir*(end-times[r.saves+len(st.theta)]) > 0 {
		st.theta = append(st.theta, (times[r.saves+len(st.theta)]-t)/h)
	}
	if err := r.interpolate(&st, z0, k1); err != nil {
		return err
	}
	for r.due(end) {
		r.save(r.z)
		st.end++
	}
	switch {
	case r.keep:
		r.steps = append(r.steps, st)
		r.trial = r.odeSolver.step.NewFrame()
	case r.spare == nil:
		r.spare, r.trial = fr, r.odeSolver.step.NewFrame()
	default:
		r.spare, r.trial = fr, r.spare
	}
	return nil
}

// due reports whether the next save time is t.
func (r *odeRun) due(t float64) bool {
	times := r.o.settings.SaveAt
	return r.saves < len(times) && times[r.saves] == t
}

// save notes the state at the next save time.
func (r *odeRun) save(z gorgonia.Value) {
	if !r.keep {
		if r.saved == nil {
			r.saved = graph.NewValue(r.dtype, len(r.o.settings.SaveAt)*r.batch, r.dim)
		}
		graph.CopyRows(r.saved, r.saves*r.batch, z)
	}
	r.saves++
}

// interpolate evaluates the dense output at the times within a step.
func (r *odeRun) interpolate(st *odeStep, z0, k1 gorgonia.Value) error {
	for from := 0; from < len(st.theta); from += maxDense {
		theta := st.theta[from:min(from+maxDense, len(st.theta))]
		f, err := r.denseFor(len(theta))
		if err != nil {
			return err
		}
		fr := f.NewFrame()
		if err := setAll(fr, r.denseArgs(st.frame, z0, k1)...); err != nil {
			return err
		}
		fr.SetScalar(r.stages+1, st.h)
		r.o.fillWeights(theta, fr.Data(r.stages+2))
		if err := fr.Forward(); err != nil {
			return err
		}
		for j := range theta {
			r.save(fr.Out(j))
		}
		if r.keep {
			st.dense = append(st.dense, fr)
		} else {
			fr.Release()
		}
	}
	return nil
}

// denseArgs returns the state and the stages of a step.
func (r *odeRun) denseArgs(fr *graph.Frame, z0, k1 gorgonia.Value) []gorgonia.Value {
	args := make([]gorgonia.Value, 0, r.stages+1)
	args = append(args, z0)
	n := r.stages
	if r.o.method.FSAL {
		args = append(args, k1)
		n -= 2
	}
	for i := range n {
		args = append(args, fr.Out(r.stagesAt+i))
	}
	if r.o.method.FSAL {
		args = append(args, fr.Out(1))
	}
	return args
}

// fillWeights writes the weights of the dense output at each θ.
func (o *ODE) fillWeights(theta []float64, w gorgonia.Value) {
	all := w.Data().([]float64)
	n := len(all) / len(theta)
	for j, th := range theta {
		copy(all[j*n:(j+1)*n], o.method.DenseWeights(th, make([]float64, n)))
	}
}

// Release gives all frames back.
func (r *odeRun) Release() {
	for _, fr := range []*graph.Frame{r.begin, r.trial, r.spare} {
		if fr != nil {
			fr.Release()
		}
	}
	for _, st := range r.steps {
		st.frame.Release()
		for _, fr := range st.dense {
			fr.Release()
		}
	}
	r.begin, r.trial, r.spare, r.steps = nil, nil, nil, nil
}
