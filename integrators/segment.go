package integrators

import (
	"math"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// segment is a part of the time span with no stop time inside. The dynamics may
// jump at a stop time: those of a segment are the limits from within it.
type segment struct {
	start, end    float64
	opens, closes bool // start is a stop time, and so is end
}

// segmentFrom returns the segment of the span [t0, t1] that begins at t. The stop
// times are sorted.
func segmentFrom(t, t1 float64, stops []float64) segment {
	p := segment{start: t, end: t1}
	i, found := slices.BinarySearch(stops, t)
	p.opens = found
	dir := 1.0
	switch {
	case t1 < t:
		i, dir = i-1, -1
	case found:
		i++
	}
	if i >= 0 && i < len(stops) && dir*(t1-stops[i]) >= 0 {
		p.end, p.closes = stops[i], true
	}
	return p
}

// clock is a time as dynamics are to see it, with the earliest and the latest
// time that they may see in a step from there; see ops.StageTime.
type clock [3]float64

// clockAt returns the clock of a step of the present segment of the solve from t.
func (r *solve) clockAt(t float64) clock {
	c := clock{t - r.c.solver.settings.TimeOrigin, math.Inf(-1), math.Inf(1)}
	p := r.segment
	low, high, above, below := p.start, p.end, p.opens, p.closes
	if p.end < p.start {
		low, high, above, below = high, low, below, above
	}
	if above {
		c[1] = r.neighbor(low, 1)
	}
	if below {
		c[2] = r.neighbor(high, -1)
	}
	return c
}

// neighbor returns the time next to t, as dynamics see it, in a direction.
func (r *solve) neighbor(t float64, dir int) float64 {
	t -= r.c.solver.settings.TimeOrigin
	if r.c.dtype == tensor.Float32 {
		return float64(math.Nextafter32(float32(t), float32(math.Inf(dir))))
	}
	return math.Nextafter(t, math.Inf(dir))
}

// seen returns the time after that of the clock as dynamics see it, in an element type:
// what ops.StageTime computes.
func (c *clock) seen(after float64, dt tensor.Dtype) float64 {
	x := c[0] + after
	if dt == tensor.Float32 {
		x = float64(float32(x))
	}
	return max(c[1], min(c[2], x))
}

// clockInput describes a clock that is set on the frame.
func clockInput() graph.Spec {
	return graph.Spec{Name: "t", Dtype: tensor.Float64, Shape: tensor.Shape{len(clock{})}, Data: true}
}

// set writes the clock to an input of a frame.
func (c *clock) set(v gorgonia.Value) { copy(v.(*tensor.Dense).Float64s(), c[:]) }

// resolution is the spacing of the times that the dynamics see around t, 0 if
// they see none.
func (c *compiled) resolution(t float64) float64 {
	switch t = math.Abs(t - c.solver.settings.TimeOrigin); {
	case !c.solver.timed:
		return 0
	case c.dtype == tensor.Float32:
		return float64(math.Nextafter32(float32(t), math.MaxFloat32) - float32(t))
	}
	return spacing(t)
}

// spacing is the distance from |t| to the next larger float64.
func spacing(t float64) float64 {
	t = math.Abs(t)
	return math.Nextafter(t, math.Inf(1)) - t
}
