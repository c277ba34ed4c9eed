package integrators

import (
	"fmt"
	"math"
)

// bounds are what a solve bounds its steps by.
type bounds interface {
	// evaluations is the number made by one attempt.
	evaluations() int
	// maxSteps bounds the attempts.
	maxSteps() int
	// kept is the memory of the steps that are kept and of one more, in bytes; 0 if
	// none are.
	kept() int64
	// resolution is the spacing of the times around t that the dynamics can tell
	// apart, 0 if they do not depend on time.
	resolution(t float64) float64
}

// progress is how far a solve from t0 to t1 has come and which step it tries next: that
// of a batch whose rows share their steps, or that of a row with steps of its own.
type progress struct {
	bounds
	set     *Settings
	limits  *limits // what ends the solve before its end
	control stepControl
	row     int // the row that it is of, 0 of a batch

	t0, t1    float64
	dir, hmax float64
	segment   segment

	t, h     float64 // the next step goes from t to t + h
	hmin     float64 // size of the shortest step from t
	shortest bool    // the next step is no longer than hmin, but for rounding
	e, s     float64 // scaled error and stiffness of the last attempt
	rejected bool    // the last attempt was rejected

	interval float64 // distance of the ends of fixed steps
	grid     int     // number of these ends that were reached
	atGrid   bool    // the next step ends at one of them

	switching *switching // nil with one method

	stats Stats
	steps []Step
}

// reset starts at t0.
func (p *progress) reset(b bounds, set *Settings, lim *limits, control stepControl, t0, t1 float64) {
	*p = progress{
		bounds: b, set: set, limits: lim, control: control,
		t0: t0, t1: t1, dir: math.Copysign(1, t1-t0), hmax: math.Abs(t1 - t0), t: t0,
		segment: segmentFrom(t0, t1, set.StopAt), steps: p.steps[:0],
	}
	if set.MaxStep > 0 {
		p.hmax = min(p.hmax, set.MaxStep)
	}
}

// begin prepares the first step of a segment, and reports whether its size is still to
// be chosen.
func (p *progress) begin() (choose bool, err error) {
	if math.Abs(p.t1-p.t0) < timesPerStep*max(p.resolution(p.t0), p.resolution(p.t1)) {
		return false, p.fail(ErrTimeResolution) // no step can be longer than the span
	}
	if p.fixed() {
		p.interval = (p.t1 - p.t0) / float64(p.set.FixedSteps)
		p.h = p.interval
		if math.Abs(p.h) < timesPerStep*max(p.resolution(p.t0), p.resolution(p.t1)) {
			return false, p.fail(ErrTimeResolution)
		}
		return false, nil
	}
	p.limit()
	p.h = p.dir * p.set.InitialStep
	return p.h == 0, nil
}

// longest returns the size of the longest step from here.
func (p *progress) longest() float64 { return min(p.hmax, math.Abs(p.segment.end-p.t)) }

func (p *progress) fixed() bool { return p.set.FixedSteps > 0 }

// limit finds the smallest step from here. One that is not set is no longer than the
// steps that are.
func (p *progress) limit() {
	p.hmin = p.set.MinStep
	if p.hmin == 0 && finite(p.t1) {
		p.hmin = minStep * math.Abs(p.t1-p.t0)
		for _, h := range []float64{p.set.MaxStep, p.set.InitialStep} {
			if h > 0 {
				p.hmin = min(p.hmin, h)
			}
		}
	}
	p.hmin = max(p.hmin, spacing(p.t))
}

// next limits the step to be tried and returns where it ends, or fails if no
// step can be tried. Stop times and t1 are hit exactly, and h is the difference
// of the times at which the step ends and begins.
func (p *progress) next() (end float64, err error) {
	if p.fixed() {
		end = p.nextFixed()
	} else {
		p.limit()
		p.h = limitStep(p.h, p.hmin, p.hmax)
		p.shortest = math.Abs(p.h) <= p.hmin
		end = p.t + p.h
		// A last step may be as short as it needs to be, but not made of rounding.
		if math.Abs(p.h) >= math.Abs(p.segment.end-p.t)-4*spacing(p.segment.end) {
			end = p.segment.end
			p.shortest = math.Abs(end-p.t) <= p.hmin
		}
	}
	switch {
	case math.IsNaN(end):
		return 0, p.fail(ErrNonFinite)
	case math.IsInf(end, 0):
		return 0, p.fail(ErrNoEvent)
	}
	if p.h = end - p.t; p.h == 0 { // h is less than the rounding error of t
		return 0, p.fail(ErrStepUnderflow)
	}
	if p.stats.Accepted+p.stats.Rejected >= p.maxSteps() {
		return 0, p.failSaying(ErrMaxSteps, "more than %d attempts", p.maxSteps())
	}
	if p.kept() > p.set.MaxBytes {
		return 0, p.failSaying(ErrMaxBytes, "%d bytes, expected at most %d", p.kept(), p.set.MaxBytes)
	}
	if err := p.limits.check(p.stats.NFE + p.evaluations()); err != nil {
		return 0, p.fail(err)
	}
	return end, nil
}

// nextFixed returns the next point of the grid of fixed steps, or a stop time
// before it. A stop time that is one but for rounding takes its place.
func (p *progress) nextFixed() float64 {
	end := p.t1
	if i := p.grid + 1; i < p.set.FixedSteps {
		end = p.t0 + float64(i)*p.interval
	}
	stop := p.segment.end
	rounding := min(4*spacing(end), math.Abs(p.interval)/4)
	p.atGrid = p.dir*(stop-end) >= -rounding
	if p.dir*(stop-end) <= rounding {
		return stop
	}
	return end
}

// judge decides on the attempt of a step, of a scaled error and a stiffness.
func (p *progress) judge(e, s float64) error {
	p.e, p.s = e, s
	p.stats.NFE += p.evaluations()
	forced := p.shortest && p.set.ForceMinStep && e > 1
	p.rejected = math.IsNaN(e) || e > 1 && !p.fixed() && !forced
	stiff := p.switching != nil && p.switching.stiff
	if p.rejected {
		p.stats.Rejected++
	} else {
		p.stats.Accepted++
		if stiff {
			p.stats.Stiff++
		}
		p.stats.MaxStiffness = max(p.stats.MaxStiffness, s)
	}
	if forced {
		p.stats.Forced++
	}
	return p.report(Step{Row: p.row, T: p.t, H: p.h, E: e, S: s, Accepted: !p.rejected, Stiff: stiff})
}

// advance goes to the end of the step that was accepted and chooses the size of the next.
func (p *progress) advance(end float64) error {
	p.t = end
	if p.fixed() {
		if p.atGrid {
			p.grid++
		}
		return nil
	}
	h := p.h
	p.h = p.control.accept(p.e, h)
	// A step that hardly grows is what the error wants; the others are on the way.
	if p.t != p.segment.end && math.Abs(p.h) < 2*math.Abs(h) && p.tooShort(p.h) {
		return p.fail(ErrTimeResolution)
	}
	return nil
}

// reject chooses a shorter step than the one that was tried, unless that was the
// shortest.
func (p *progress) reject() error {
	switch {
	case math.IsNaN(p.e) && (p.shortest || p.fixed()):
		return p.fail(ErrNonFinite)
	case p.shortest:
		return p.fail(ErrStepUnderflow)
	}
	p.h = p.control.reject(p.e, p.h)
	if !math.IsNaN(p.e) && p.tooShort(p.h) {
		return p.fail(ErrTimeResolution)
	}
	return nil
}

// tooShort reports whether the dynamics would not see enough different times
// within a step of size h.
func (p *progress) tooShort(h float64) bool { return math.Abs(h) < timesPerStep*p.resolution(p.t) }

// report hands an attempt to those who want to know.
func (p *progress) report(s Step) error {
	if p.set.Record {
		p.steps = append(p.steps, s)
	}
	if p.set.Observe == nil {
		return nil
	}
	if err := p.set.Observe(s); err != nil {
		return p.fail(err)
	}
	return nil
}

func (p *progress) fail(reason error) error {
	return p.failSaying(reason, "")
}

// failSaying returns a failure that says more about its reason.
func (p *progress) failSaying(reason error, format string, args ...any) error {
	return &Failure{Reason: reason, What: fmt.Sprintf(format, args...), T: p.t, H: p.h, E: p.e, Stats: p.stats}
}
