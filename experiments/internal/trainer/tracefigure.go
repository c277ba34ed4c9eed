package trainer

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/integrators"
)

// stepQuantities are what is known of a step.
var stepQuantities = []struct {
	name, symbol string
	value        func(integrators.Step) float64
}{
	{"step size", "h", func(s integrators.Step) float64 { return s.H }},
	{"error", "E", func(s integrators.Step) float64 { return s.E }},
	{"stiffness", "S", func(s integrators.Step) float64 { return s.S }},
}

// dotLimit is the number of steps up to which each has a dot.
const dotLimit = 40

// TraceFigure draws step size, error and, if the method estimates it, stiffness
// over time, for every variant with the first seed: a level for each accepted
// step, which begins with a dot if there are not many, and a cross for each
// rejected one. What was before training is light, and is drawn once if it was
// the same for all variants. The steps of the stiff method of a switch have a colour
// of their own, and a ring is where the method changes. Time is on a logarithmic axis
// if most steps are at the very beginning.
func TraceFigure(traces []Trace) figure.Figure {
	traces = figureTraces(traces)
	f := figure.Figure{
		Columns: 1, Width: 6.4, Height: 1.8,
		Caption: "Each level is an accepted step. Crosses are rejected steps.",
	}
	if slices.ContainsFunc(traces, Trace.switches) {
		f.Caption += " Rings are changes between an explicit and a stiff method."
	}
	log := len(traces) > 0 && !slices.ContainsFunc(traces, Trace.even)
	for _, q := range stepQuantities {
		p := figure.Panel{YLabel: q.name + " " + q.symbol, LogX: log}
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, t := range traces {
			levels := t.levels(q.value)
			if len(levels) == 0 || floats.Max(levels) == 0 { // the method has no such estimate
				continue
			}
			lo, hi = min(lo, floats.Min(levels)), max(hi, floats.Max(levels))
			p.Series = append(p.Series, t.series(q.value, log)...)
		}
		if len(p.Series) > 0 {
			p.LogY = hi > 20*lo
			f.Panels = append(f.Panels, p)
		}
	}
	if n := len(f.Panels); n > 0 {
		f.Panels[n-1].XLabel = "time t"
	}
	return f
}

// figureTraces returns the traces of the first seed that are to be drawn, those
// after training first.
func figureTraces(traces []Trace) []Trace {
	var before, after []Trace
	for _, t := range traces {
		switch {
		case t.Seed != traces[0].Seed:
		case t.Trained:
			after = append(after, t)
		case !slices.ContainsFunc(before, func(b Trace) bool { return slices.Equal(b.Steps, t.Steps) }):
			before = append(before, t)
		}
	}
	if len(before) == 1 {
		before[0].Variant = ""
	}
	return append(after, before...)
}

// early is the part of the time span that is its very beginning.
const early = 0.01

// even reports whether at least half of the accepted steps are beyond the very
// beginning of a time span that begins at zero, or it does not begin there.
func (t Trace) even() bool {
	if len(t.Steps) == 0 {
		return true
	}
	accepted, later := 0, 0
	last := t.Steps[len(t.Steps)-1]
	for _, s := range t.Steps {
		if s.Accepted {
			accepted++
			if s.T > early*(last.T+last.H) {
				later++
			}
		}
	}
	return t.Steps[0].T != 0 || last.H < 0 || 2*later >= accepted
}

// levels returns a quantity of the accepted steps.
func (t Trace) levels(value func(integrators.Step) float64) []float64 {
	var y []float64
	for _, s := range t.Steps {
		if s.Accepted {
			y = append(y, value(s))
		}
	}
	return y
}

// series returns the levels of the accepted steps, the crosses of the others and, if
// there are not many, the dots. Those of a method that switches are in runs of one
// method, each of which but the first begins with a ring.
func (t Trace) series(value func(integrators.Step) float64, log bool) []figure.Series {
	dotted := len(t.levels(value)) <= dotLimit
	var all []figure.Series
	for i, run := range t.runs() {
		level := figure.Series{Like: string(t.Variant), Light: !t.Trained, Solid: true}
		if t.switches() {
			level.Like = strings.TrimSpace(level.Like + " " + kind(run[0]))
		}
		dots, crosses, ring := level, level, level
		dots.Marks, crosses.Marks, ring.Marks = figure.Dots, figure.Crosses, figure.Rings
		for _, s := range run {
			x, y := beginning(s, log), value(s)
			if !s.Accepted {
				crosses.X, crosses.Y = append(crosses.X, x), append(crosses.Y, y)
				continue
			}
			level.X, level.Y = append(level.X, x, s.T+s.H), append(level.Y, y, y)
			dots.X, dots.Y = append(dots.X, x), append(dots.Y, y)
		}
		level.Name = t.legend(run[0])
		all = append(all, level, crosses)
		if dotted {
			all = append(all, dots)
		}
		if i > 0 {
			ring.X, ring.Y = []float64{beginning(run[0], log)}, []float64{value(run[0])}
			all = append(all, ring)
		}
	}
	return all
}

// runs returns the steps in runs of one method.
func (t Trace) runs() [][]integrators.Step {
	var runs [][]integrators.Step
	first := 0
	for i := range t.Steps {
		if next := i + 1; next == len(t.Steps) || t.Steps[next].Stiff != t.Steps[i].Stiff {
			runs = append(runs, t.Steps[first:next])
			first = next
		}
	}
	return runs
}

// kind says by which method of a switch a step is.
func kind(s integrators.Step) string {
	if s.Stiff {
		return "stiff"
	}
	return "explicit"
}

// legend says how many accepted steps there are, by the method of a step if it
// switches.
func (t Trace) legend(of integrators.Step) string {
	n := 0
	for _, s := range t.Steps {
		if s.Accepted && s.Stiff == of.Stiff {
			n++
		}
	}
	name := string(t.Variant)
	if !t.Trained {
		name = strings.TrimSpace(name + " before training")
	}
	steps := "steps"
	if n == 1 {
		steps = "step"
	}
	if t.switches() {
		steps = kind(of) + " " + steps
	}
	return fmt.Sprintf("%s: %d %s", name, n, steps)
}

// beginning returns the time at which a step is drawn to begin: on a logarithmic axis,
// which has no zero, a first step from there begins at the half.
func beginning(s integrators.Step, log bool) float64 {
	if log && s.T == 0 {
		return s.H / 2
	}
	return s.T
}
