package integrators

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// begin prepares the first step of every row.
func (r *rowSolve) begin() error {
	s := r.c.solver
	r.spans()
	ended := s.limits.check(1)
	for b := range r.rows {
		f := &Failure{Reason: ended, T: r.rows[b].t}
		if ended == nil {
			if value.FiniteRow(r.start.z, b) {
				continue
			}
			f.Reason, f.What = ErrNonFinite, "the initial state"
		}
		if err := r.lose(b, f); err != nil {
			return err
		}
	}
	if ended != nil {
		r.active = r.active[:0]
		return nil
	}
	if err := r.checkRows(); err != nil {
		return err
	}
	if s.traits.stochastic {
		if err := r.startPaths(); err != nil {
			return err
		}
	}
	for b := range r.rows {
		p := &r.rows[b]
		for r.due(b, p.t) {
			r.starts.add(b, r.take(b))
		}
	}
	r.output(r.start.z, r.starts)
	if s.traits.fsal {
		if err := r.firstStage(); err != nil {
			return err
		}
		for b := range r.rows {
			if r.failed[b] == nil {
				r.rows[b].stats.NFE++
			}
		}
	}
	return r.sizes()
}

// spans sets every row to the start of its time span.
func (r *rowSolve) spans() {
	s := r.c.solver
	r.active = r.active[:0]
	clear(r.next)
	clear(r.failed)
	for b := range r.rows {
		t0, t1 := s.equation.T0, s.equation.T1
		if len(s.rowTimes) > 0 {
			t0, t1 = s.rowTimes[b].t0, s.rowTimes[b].t1
		}
		r.rows[b].reset(r, &s.settings, &r.limits, s.control, t0, t1)
		r.rows[b].row = b
		r.active = append(r.active, b)
	}
}

// firstStage evaluates the right-hand sides at the start, and the norms that choose the
// first steps.
func (r *rowSolve) firstStage() error {
	f := r.fn.first
	r.first = f.NewFrame()
	err := r.evaluate(f, r.first, r.start.z, func(b int) float64 { return r.rows[b].t })
	if err == nil {
		r.start = f.start(r.start, r.first)
		r.from = r.start
	}
	return err
}

// evaluate evaluates a first stage of all rows at a state and the times of each.
func (r *rowSolve) evaluate(f *firstStage, fr *graph.Frame, z gorgonia.Value, t func(row int) float64) error {
	if err := fr.Set(int(f.in.z), z); err != nil {
		return err
	}
	if err := setAll(fr, f.in.context, r.start.context); err != nil {
		return err
	}
	at := column(fr.Data(int(f.in.t)))
	for b := range at {
		at[b] = t(b) - r.c.solver.settings.TimeOrigin
	}
	r.made += len(at)
	return fr.Forward()
}

// sizes chooses the size of the first step of every row.
func (r *rowSolve) sizes() error {
	choosing := r.choosing[:0]
	for _, b := range r.active {
		if p := &r.rows[b]; p.t != p.t1 && r.failed[b] == nil {
			choose, err := p.begin()
			if err != nil {
				if err = r.lose(b, err); err != nil {
					return err
				}
			} else if choose {
				choosing = append(choosing, b)
			}
		}
	}
	r.choosing = choosing
	r.retire()
	if len(choosing) == 0 {
		return nil
	}
	if r.first == nil {
		if err := r.firstStage(); err != nil {
			return err
		}
	}
	return r.probe(choosing)
}

// probe chooses the sizes of the first steps of rows by a probe of each. It is repeated,
// shorter, for those where its result is not finite.
func (r *rowSolve) probe(rows []int) error {
	f, n := r.fn.first, r.c.batch
	if r.probes == nil {
		r.probes = make([]float64, 4*n)
	}
	d0, d1, change, hmax := r.probes[:n], r.probes[n:2*n], r.probes[2*n:3*n], r.probes[3*n:]
	readColumn(d0, r.first.Out(int(f.out.d0)))
	readColumn(d1, r.first.Out(int(f.out.d1)))
	r.made += n // the first stage, which counts twice
	fr, err := r.probeFrame()
	if err != nil {
		return err
	}
	defer fr.Release()
	t, h := column(fr.Data(int(r.c.probe.t))), column(fr.Data(int(r.c.probe.h)))
	clear(h)
	for b := range t {
		t[b] = r.rows[b].t - r.c.solver.settings.TimeOrigin
	}
	left := rows[:0]
	for _, b := range rows {
		p := &r.rows[b]
		p.stats.NFE++
		if !r.fieldsFinite(r.first, b) {
			if err := r.lose(b, &Failure{Reason: ErrNonFinite, T: p.t, H: p.dir * p.hmin, E: math.NaN(), Stats: p.stats}); err != nil {
				return err
			}
			continue
		}
		hmax[b] = p.longest()
		h[b] = p.dir * max(p.hmin, probeStep(d0[b], d1[b], hmax[b]))
		left = append(left, b)
	}
	for len(left) > 0 {
		if err := fr.Forward(); err != nil {
			return err
		}
		r.made += n
		readColumn(change, fr.Out(0))
		again := left[:0]
		for _, b := range left {
			p := &r.rows[b]
			p.stats.NFE++
			h0 := math.Abs(h[b])
			size := r.c.solver.method.firstStep(h0, d1[b], change[b], p.hmin, hmax[b])
			switch {
			case finite(change[b]) && finite(size):
				p.h = p.dir * size
			case !(h0 > p.hmin) || r.c.solver.limits.check(p.stats.NFE+1) != nil:
				p.h = p.dir * p.hmin // to fail as a step
			default:
				hmax[b] = h0
				h[b] = p.dir * max(p.hmin, probeShrink*h0)
				again = append(again, b)
			}
		}
		left = again
	}
	r.retire()
	return nil
}

// probeFrame returns a frame of the probe from the start.
func (r *rowSolve) probeFrame() (*graph.Frame, error) {
	p, f := &r.c.probe, r.fn.first
	fr := p.NewFrame()
	if err := fr.Set(int(p.z), r.start.z); err != nil {
		return nil, err
	}
	if err := setAll(fr, p.context, r.start.context); err != nil {
		return nil, err
	}
	for i := range f.fields {
		if err := fr.Set(int(p.fields)+i, r.first.Out(int(f.out.fields)+i)); err != nil {
			return nil, err
		}
	}
	return fr, nil
}

// fieldsFinite reports whether all right-hand sides of a row are finite in an evaluation.
func (r *rowSolve) fieldsFinite(fr *graph.Frame, b int) bool {
	f := r.fn.first
	for i := range f.fields {
		if !value.FiniteRow(fr.Out(int(f.out.fields)+i), b) {
			return false
		}
	}
	return true
}
