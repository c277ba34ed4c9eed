package integrators

import (
	"math/bits"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// rowDense is the dense output of an attempt at some times within the steps of its rows.
// Result j is the state at the j-th of the times of each row that has as many, and what
// of no use is in the other rows.
type rowDense struct {
	f     *denseFunction
	frame *graph.Frame
	saved []rowPairs // for each result, rows of the frame that are saved states, and which
}

// saveAt returns the save times of a row.
func (r *rowSolve) saveAt(b int) []float64 {
	if s := r.c.solver; len(s.rowTimes) == 0 {
		return s.settings.SaveAt
	}
	return r.c.solver.rowTimes[b].saveAt
}

// due reports whether the next save time of a row is t.
func (r *rowSolve) due(b int, t float64) bool {
	times := r.saveAt(b)
	return r.next[b] < len(times) && times[r.next[b]] == t
}

// take returns the row of the saved states for the next save time of a row.
func (r *rowSolve) take(b int) int {
	at := r.next[b]*r.c.batch + b
	r.next[b]++
	return at
}

// output copies rows of a state to the saved states, where these are not a part of a
// graph.
func (r *rowSolve) output(z gorgonia.Value, saved rowPairs) {
	if !r.keep {
		saved.copy(r.c.result(), z)
	}
}

// within returns the save times of a row that lie within its step, before its end.
func (r *rowSolve) within(b int) []float64 {
	p, times := &r.rows[b], r.saveAt(b)[r.next[b]:]
	n := 0
	for n < len(times) && p.dir*(r.ends[b]-times[n]) > 0 {
		n++
	}
	return times[:n]
}

// save saves the states at the save times up to the ends of the accepted steps.
func (r *rowSolve) save(at *rowAttempt) error {
	if len(r.c.solver.settings.SaveAt) == 0 {
		return nil
	}
	most := 0
	for i, b := range at.of {
		r.inside[i] = r.within(b)
		most = max(most, len(r.inside[i]))
	}
	for first := 0; first < most; first += maxDense {
		if err := r.interpolate(at, first, min(maxDense, most-first)); err != nil {
			return err
		}
	}
	for i, b := range at.of {
		for r.due(b, r.ends[b]) {
			at.saved.add(at.accepted[i], r.take(b))
		}
	}
	r.output(at.frame.Out(int(at.step.out.z)), at.saved)
	return nil
}

// interpolate saves the states at the save times within the steps from the first on, at
// most n of each row.
func (r *rowSolve) interpolate(at *rowAttempt, first, n int) error {
	f, err := at.c.denseFor(1 << bits.Len(uint(n-1))) // so that there are few functions
	if err != nil {
		return err
	}
	d := at.nextDense(f)
	if err := d.bind(at); err != nil {
		return err
	}
	if f.in.t != none {
		copy(column(d.frame.Data(int(f.in.t))), column(at.frame.Data(int(at.step.in.t))))
	}
	copy(column(d.frame.Data(int(f.in.h))), column(at.frame.Data(int(at.step.in.h))))
	weights := column(d.frame.Data(int(f.in.weights)))
	clear(weights)
	if r.paths != nil {
		for j := range d.saved {
			value.Zero(d.frame.Data(int(f.in.noise) + j))
		}
	}
	s := r.c.solver
	width := len(weights) / at.c.batch
	for k, b := range at.of {
		times := r.inside[k]
		if first >= len(times) {
			continue
		}
		p := &r.rows[b]
		p.stats.NFE += s.traits.extra
		for j, t := range times[first:min(first+n, len(times))] {
			i, theta := at.accepted[k], (t-p.t)/p.h
			w := weights[i*width+j*s.traits.weights:][:s.traits.weights:s.traits.weights]
			s.method.denseWeights(theta, w)
			if r.paths != nil {
				r.paths[b].fillInside(d.frame.Data(int(f.in.noise)+j), i, t, theta)
			}
			d.saved[j].add(i, r.take(b))
		}
	}
	r.made += at.c.batch * s.traits.extra
	if err := d.frame.Forward(); err != nil {
		return err
	}
	if r.keep {
		r.bytes += f.frameBytes
		return nil
	}
	for j, saved := range d.saved {
		r.output(d.frame.Out(j), saved)
	}
	d.frame.Release()
	at.dense = at.dense[:0]
	return nil
}

// nextDense returns a further dense output of an attempt, in memory of a former one.
func (at *rowAttempt) nextDense(f *denseFunction) *rowDense {
	n := len(at.dense)
	at.dense = slices.Grow(at.dense, 1)[:n+1]
	d := &at.dense[n]
	d.f, d.frame = f, f.NewFrame()
	d.saved = slices.Grow(d.saved[:0], len(f.Outputs()))[:len(f.Outputs())]
	for j := range d.saved {
		d.saved[j] = d.saved[j].empty()
	}
	return d
}

// bind gives a dense output what it takes of the attempt.
func (d *rowDense) bind(at *rowAttempt) error {
	for i, v := range at.c.denseArgs(at.step, at.from, at.frame) {
		if err := d.frame.Set(i, v); err != nil {
			return err
		}
	}
	return nil
}
