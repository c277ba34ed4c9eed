package integrators

import (
	"math"

	"github.com/pkg/errors"
)

// stepper takes the steps of one solve. It owns states and frames; the loop
// knows times, errors and step sizes.
type stepper interface {
	// start prepares the first step at time t and returns the evaluations made.
	start(t float64) (nfe int, err error)
	// initialStep chooses the size of the first step in the direction dir, at
	// most hmax, and returns the evaluations made.
	initialStep(t, dir, hmax float64) (h float64, nfe int, err error)
	// attempt tries a step and returns its scaled error and stiffness. A result
	// that is not finite has a NaN error.
	attempt(t, h float64) (e, s float64, err error)
	// accept makes the result of the last attempt the state at time end, which
	// is t + h but for rounding.
	accept(t, h, end float64) error
	// evaluations is the number made by one attempt.
	evaluations() int
}

// integrate runs the loop of an adaptive or fixed-step solve from t0 to t1.
func integrate(st stepper, set *Settings, control *stepControl, t0, t1 float64) (stats Stats, steps []Step, err error) {
	dir := math.Copysign(1, t1-t0)
	length := math.Abs(t1 - t0)
	hmax := length
	if set.MaxStep > 0 {
		hmax = min(hmax, set.MaxStep)
	}
	if stats.NFE, err = st.start(t0); err != nil {
		return stats, nil, err
	}
	h := dir * min(set.InitialStep, hmax)
	switch {
	case set.FixedSteps > 0:
		h = (t1 - t0) / float64(set.FixedSteps)
	case h == 0:
		var nfe int
		if h, nfe, err = st.initialStep(t0, dir, hmax); err != nil {
			return stats, nil, err
		}
		stats.NFE += nfe
	}
	t, e := t0, 0.0
	fail := func(reason error) (Stats, []Step, error) {
		return stats, steps, &Failure{Reason: reason, T: t, H: h, E: e, Stats: stats}
	}
	rejected := false
	for dir*(t1-t) > 0 {
		if math.IsNaN(h) {
			return fail(ErrNonFinite)
		}
		last := false
		if set.FixedSteps > 0 {
			last = stats.Accepted == set.FixedSteps-1
			if last {
				h = t1 - t
			}
		} else {
			h = limitStep(h, set.MinStep, hmax)
			if left := t1 - t; dir*h >= dir*left {
				h, last = left, true
			}
			if math.Abs(h) <= set.MinStep && (rejected || !last) {
				if math.IsNaN(e) {
					return fail(ErrNonFinite)
				}
				return fail(ErrStepUnderflow)
			}
		}
		if stats.Accepted+stats.Rejected >= set.MaxSteps {
			return fail(ErrMaxSteps)
		}
		var s float64
		if e, s, err = st.attempt(t, h); err != nil {
			return stats, steps, err
		}
		stats.NFE += st.evaluations()
		fixed := set.FixedSteps > 0
		rejected = !(e <= 1) && !(fixed && !math.IsNaN(e))
		if set.Record {
			steps = append(steps, Step{T: t, H: h, E: e, S: s, Accepted: !rejected})
		}
		if rejected {
			stats.Rejected++
			if fixed {
				return fail(ErrNonFinite)
			}
			h = control.reject(e, h)
			continue
		}
		stats.Accepted++
		stats.MaxStiffness = max(stats.MaxStiffness, s)
		end := t + h
		if last {
			end = t1
		}
		if err = st.accept(t, h, end); err != nil {
			return stats, steps, err
		}
		t = end
		if !fixed {
			h = control.accept(e, h)
		}
	}
	return stats, steps, nil
}

// failed adds what was being solved to an error of integrate.
func failed(name string, err error) error { return errors.Wrapf(err, "solve with %s", name) }
