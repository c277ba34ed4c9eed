package integrators

import (
	"fmt"
	"math"

	"github.com/regnde/regnde/graph"
)

// probeShrink is the factor by which a probe is shortened after one whose result
// is not finite.
const probeShrink = 0.1

func (r *run) initialStep(dir, hmin, hmax float64) (float64, int, error) {
	t := r.segment.start
	if r.latest == nil {
		if err := r.beginSegment(); err != nil {
			return 0, 0, err
		}
	}
	for i := range r.starts {
		if !graph.Finite(r.latest.Out(i)) {
			return 0, 1, &Failure{Reason: ErrNonFinite, T: t, H: dir * hmin, E: math.NaN()}
		}
	}
	d0, d1 := r.latest.Scalar(r.starts), r.latest.Scalar(r.starts+1)
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
		h := r.o.firstStep(h0, d1, change, hmin, hmax)
		if finite(change) && finite(h) || h0 <= hmin {
			return dir * h, nfe, nil
		}
		hmax = h0
		h0 = max(hmin, probeShrink*h0)
	}
}

// probeFrame returns a frame of the probe from the present state.
func (r *run) probeFrame() (*graph.Frame, error) {
	fr := r.probe.NewFrame()
	if err := fr.Set(0, r.z); err != nil {
		return nil, err
	}
	for i := range r.starts {
		if err := fr.Set(1+i, r.latest.Out(i)); err != nil {
			return nil, err
		}
	}
	return fr, nil
}

// probeOver returns the scaled change of the slope over a step of size h.
func (r *run) probeOver(fr *graph.Frame, t, h float64) (float64, error) {
	c := r.clockAt(t)
	c.set(fr.Data(r.starts + 1))
	fr.SetScalar(r.starts+2, h)
	err := fr.Forward()
	return fr.Scalar(0), err
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// diagnose says what was not finite when a solve failed at time t.
func (r *run) diagnose(t float64) string {
	if name := r.o.params.NonFinite(); name != "" {
		return fmt.Sprintf("the parameter %q", name)
	}
	fr := r.bare.begin.NewFrame()
	defer fr.Release()
	if err := r.evaluateStages(fr, t); err == nil {
		for i := range r.starts {
			if !graph.Finite(fr.Out(i)) {
				return "the right-hand side at a finite state"
			}
		}
	}
	return "the result of a step, however small, from a finite state and slope"
}
