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

// dotLimit is the number of steps up to which each has a dot.
const dotLimit = 40

// TraceFigure draws step size, error and, if the method estimates it, stiffness
// over time, for every variant with the first seed: a level for each accepted
// step, which begins with a dot if there are not many, and a cross for each
// rejected one. What was before training is light, and is drawn once if it was
// the same for all variants.
func TraceFigure(traces []Trace) figure.Figure {
	traces = figureTraces(traces)
	f := figure.Figure{
		Columns: 1, Width: 6.4, Height: 1.8,
		Caption: "Each level is an accepted step. Crosses are rejected steps.",
	}
	for _, q := range []struct {
		label string
		value func(integrators.Step) float64
	}{
		{"step size h", func(s integrators.Step) float64 { return s.H }},
		{"error E", func(s integrators.Step) float64 { return s.E }},
		{"stiffness S", func(s integrators.Step) float64 { return s.S }},
	} {
		p := figure.Panel{YLabel: q.label}
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, t := range traces {
			series := t.series(q.value)
			levels := series[0].Y
			if len(levels) == 0 || floats.Max(levels) == 0 { // the method has no such estimate
				continue
			}
			lo, hi = min(lo, floats.Min(levels)), max(hi, floats.Max(levels))
			p.Series = append(p.Series, series...)
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

// series returns the levels of the accepted steps, the crosses of the others, and
// the dots.
func (t Trace) series(value func(integrators.Step) float64) []figure.Series {
	level := figure.Series{Like: string(t.Variant), Light: !t.Trained, Solid: true}
	dots, crosses := level, level
	dots.Marks, crosses.Marks = figure.Dots, figure.Crosses
	for _, s := range t.Steps {
		y := value(s)
		if !s.Accepted {
			crosses.X, crosses.Y = append(crosses.X, s.T), append(crosses.Y, y)
			continue
		}
		level.X, level.Y = append(level.X, s.T, s.T+s.H), append(level.Y, y, y)
		dots.X, dots.Y = append(dots.X, s.T), append(dots.Y, y)
	}
	name := string(t.Variant)
	if !t.Trained {
		name = strings.TrimSpace(name + " before training")
	}
	steps := "steps"
	if len(dots.X) == 1 {
		steps = "step"
	}
	level.Name = fmt.Sprintf("%s: %d %s", name, len(dots.X), steps)
	if len(dots.X) > dotLimit {
		return []figure.Series{level, crosses}
	}
	return []figure.Series{level, crosses, dots}
}
