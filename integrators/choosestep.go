package integrators

import (
	"fmt"
	"math"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// probeShrink is the factor by which a probe is shortened after one whose result
// is not finite.
const probeShrink = 0.1

func (r *solve) initialStep(dir, hmin, hmax float64) (float64, int, error) {
	t := r.segment.start
	if r.latest == nil {
		if err := r.startSegment(); err != nil {
			return 0, 0, err
		}
	}
	f := r.fn.first
	if !f.finite(r.latest) {
		return 0, 1, &Failure{Reason: ErrNonFinite, T: t, H: dir * hmin, E: math.NaN()}
	}
	d0, d1 := r.latest.Scalar(int(f.out.d0)), r.latest.Scalar(int(f.out.d1))
	h0 := max(hmin, probeStep(d0, d1, hmax))
	fr, err := r.probeFrame()
	if err != nil {
		return 0, 0, err
	}
	defer fr.Release()
	// A field may be defined at the state and not where a long probe ends.
	for nfe := 2; ; nfe++ {
		change, err := r.probeOver(fr, t, dir*h0)
		if err != nil {
			return 0, nfe, err
		}
		h := r.c.solver.method.firstStep(h0, d1, change, hmin, hmax)
		if finite(change) && finite(h) {
			return dir * h, nfe, nil
		}
		if !(h0 > hmin) || r.c.solver.limits.check(nfe+2) != nil {
			return dir * hmin, nfe, nil // to fail as a step
		}
		hmax = h0
		h0 = max(hmin, probeShrink*h0)
	}
}

// finite reports whether all fields are finite in an evaluation.
func (f *firstStage) finite(fr *graph.Frame) bool {
	for i := range f.fields {
		if !value.Finite(fr.Out(int(f.out.fields) + i)) {
			return false
		}
	}
	return true
}

// probeFrame returns a frame of the probe from the present state.
func (r *solve) probeFrame() (*graph.Frame, error) {
	p, f := &r.c.probe, r.fn.first
	fr := p.NewFrame()
	if err := fr.Set(int(p.z), r.from.z); err != nil {
		return nil, err
	}
	if err := setAll(fr, p.context, r.from.context); err != nil {
		return nil, err
	}
	for i := range f.fields {
		if err := fr.Set(int(p.fields)+i, r.latest.Out(int(f.out.fields)+i)); err != nil {
			return nil, err
		}
	}
	return fr, nil
}

// probeOver returns the scaled change of the slope over a step of size h.
func (r *solve) probeOver(fr *graph.Frame, t, h float64) (float64, error) {
	c := r.clockAt(t)
	c.set(fr.Data(int(r.c.probe.t)))
	fr.SetScalar(int(r.c.probe.h), h)
	err := fr.Forward()
	return fr.Scalar(0), err
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// diagnose says what was not finite when a solve failed at time t.
func (r *solve) diagnose(t float64) string {
	f := r.c.bare.first
	fr := f.NewFrame()
	defer fr.Release()
	return r.c.solver.diagnose(func() bool { return r.evaluateFields(f, fr, t) != nil || f.finite(fr) }, r.triedS)
}

// diagnose says what was not finite, by whether fields are at the state from which the
// last step was tried, and by its estimate of stiffness.
func (s *Solver) diagnose(fieldsFinite func() bool, stiffness float64) string {
	if name := s.equation.Params.NonFinite(); name != "" {
		return fmt.Sprintf("the parameter %q", name)
	}
	if !fieldsFinite() {
		return "the right-hand side at a finite state"
	}
	if s.traits.implicit && !finite(stiffness) {
		return "the Jacobian at a finite state and slope"
	}
	return "the result of a step, however small, from a finite state and slope"
}
