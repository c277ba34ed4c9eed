package integrators

import (
	"fmt"
	"math"

	"github.com/regnde/regnde/graph"
)

// StrayStage is a stage of a step whose time lies outside of the time span, where
// the equation need not be defined. Of the methods here SOSRI has such stages, up to
// 0.04 h before the start of a step of size h and up to 2.75 h after its end.
type StrayStage struct {
	Field  string  // "drift" or "diffusion" of an SDE, "dynamics" of an ODE
	Stage  int     // counted from one
	T      float64 // its time
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
func (r *run) stray() *StrayStage {
	dir := math.Copysign(1, r.o.t1-r.o.t0)
	for field, cs := range r.o.stageTimes() {
		for i, c := range cs {
			at := r.triedAt + c*r.triedStep
			if dir*(at-r.o.t0) >= 0 && dir*(r.o.t1-at) >= 0 || !r.finiteAt(r.triedAt, field) || r.finiteAt(at, field) {
				continue
			}
			return &StrayStage{Field: r.o.fields()[field], Stage: i + 1, T: at, T0: r.o.t0, T1: r.o.t1}
		}
	}
	return nil
}

// finiteAt reports whether a field is finite at the present state and a time. What
// cannot be evaluated is not blamed.
func (r *run) finiteAt(t float64, field int) bool {
	fr := r.fn.begin.NewFrame()
	defer fr.Release()
	return r.evaluateStages(fr, t) != nil || graph.Finite(fr.Out(field))
}
