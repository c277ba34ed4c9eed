package integrators

import (
	"fmt"
	"math"

	"github.com/regnde/regnde/graph/value"
)

// StrayStage is a stage of a step whose time lies outside of the time span, where
// the equation need not be defined. Of the methods here SOSRI has such stages, up to
// 0.04 h before the start of a step of size h and up to 2.75 h after its end.
type StrayStage struct {
	Field  string  // "drift" or "diffusion" of an SDE, "dynamics" of an ODE
	Stage  int     // counted from one
	T      float64 // time of the stage
	T0, T1 float64 // the time span
}

// String says where the stage is and what to do about it.
func (s *StrayStage) String() string {
	advice := "define it there, or use a method whose stages lie within the step"
	if s.Field != "dynamics" {
		advice += ", as those of SOSRI2 do"
	}
	return fmt.Sprintf("stage %d takes the %s at t = %g, outside of the time span [%g, %g], where the value is not finite: %s",
		s.Stage, s.Field, s.T, s.T0, s.T1, advice)
}

// stray returns the stage of the last attempt that is to blame for a result that is
// not finite: its time is outside of the time span and its field not finite there at
// the present state, but finite at the present time. It is nil if there is none.
func (r *solve) stray() *StrayStage {
	e := &r.c.solver.equation
	return r.c.solver.stray(e.T0, e.T1, r.triedAt, r.triedStep, r.finiteAt)
}

// stray returns the stage to blame of an attempt from a time over a step of size h, by
// what is said to be finite at the state from which it was tried.
func (s *Solver) stray(t0, t1, t, h float64, finiteAt func(t float64, field int) bool) *StrayStage {
	dir := math.Copysign(1, t1-t0)
	for field, cs := range s.traits.stages {
		for i, c := range cs {
			at := t + c*h
			if dir*(at-t0) >= 0 && dir*(t1-at) >= 0 || !finiteAt(t, field) || finiteAt(at, field) {
				continue
			}
			return &StrayStage{Field: s.equation.fields()[field].name, Stage: i + 1, T: at, T0: t0, T1: t1}
		}
	}
	return nil
}

// finiteAt reports whether a field is finite at the present state and a time. What
// cannot be evaluated is not blamed.
func (r *solve) finiteAt(t float64, field int) bool {
	f := r.fn.first
	fr := f.NewFrame()
	defer fr.Release()
	return r.evaluateFields(f, fr, t) != nil || value.Finite(fr.Out(int(f.out.fields)+field))
}
