package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// rowReverse is the memory of the reverse pass of attempts with frames of one size.
type rowReverse struct {
	cots, grads []gorgonia.Value // of the results and inputs of a step
	add         []bool           // whether a gradient is added to what is there
	mem         []gorgonia.Value // memory of cotangents
	own         []gorgonia.Value // memory of gradients

	states     []gorgonia.Value // cotangents of the states of a dense output
	denseGrads []gorgonia.Value
	denseAdd   []bool
}

// rowCotangents are the cotangents, of all rows, of where each row is in the reverse pass.
type rowCotangents struct {
	at    point[gorgonia.Value]
	given [][]float64 // of each regularizer of each row
	terms []float64
}

// reverseOf returns the memory of c: no two attempts are in reverse at once.
func (c *compiled) reverseOf(f *stepFunction) *rowReverse {
	if c.rows.reverse == nil {
		outs := f.Outputs()
		p := &rowReverse{cots: make([]gorgonia.Value, len(outs)), mem: make([]gorgonia.Value, len(outs))}
		for i, o := range outs {
			p.mem[i] = value.New(o.Dtype, o.Shape...)
		}
		c.rows.reverse = p
	}
	return c.rows.reverse
}

// Accumulate is the reverse pass of the solve, last attempt first. The cotangent of the
// saved states comes last.
func (r *rowSolve) Accumulate(cotangents, grads []gorgonia.Value, add []bool) error {
	f := r.fn.step
	w := r.startReverse(cotangents)
	var saved gorgonia.Value
	if n := len(f.Outputs()); len(cotangents) > n {
		saved = cotangents[n]
	}
	// Gradients that several attempts add to begin with what is there or zero.
	shared := func(i int) gorgonia.Value {
		if g := grads[i]; g != nil && (add == nil || !add[i]) {
			value.Zero(g)
		}
		return grads[i]
	}
	var params gorgonia.Value
	if f.params > 0 {
		params = shared(0)
	}
	var context []gorgonia.Value
	for i := range f.contexts {
		context = append(context, shared(f.index(f.in.context)+i))
	}
	for k := len(r.attempts) - 1; k >= 0; k-- {
		if err := r.reverse(w, k, saved, params, context); err != nil {
			return err
		}
	}
	hand := func(i int, g gorgonia.Value) {
		switch {
		case grads[i] == nil:
		case add != nil && add[i]:
			value.AddRows(grads[i], 0, g)
		default:
			value.CopyRows(grads[i], 0, g)
		}
	}
	if saved != nil {
		r.starts.back().sum(w.at.z, saved)
	}
	hand(f.index(f.in.z), w.at.z)
	if f.in.k1 != none {
		hand(f.index(f.in.k1), w.at.k1)
	}
	for j, g := range w.at.g {
		hand(f.index(f.in.g)+j, g)
	}
	return nil
}

// startReverse starts at the end, where only the state has a cotangent.
func (r *rowSolve) startReverse(cotangents []gorgonia.Value) *rowCotangents {
	w, f := &r.cotangents, r.fn.step
	if w.at.z == nil {
		w.at = r.c.takePoint(f)
		w.terms = make([]float64, r.c.batch)
	}
	zeroPoint(w.at)
	if z := cotangents[f.out.z]; z != nil {
		value.CopyRows(w.at.z, 0, z)
	}
	for j := range r.aggregates {
		for len(w.given) <= j {
			w.given = append(w.given, make([]float64, r.c.batch))
		}
		if y := cotangents[int(f.out.terms)+j]; y != nil {
			readColumn(w.given[j], y)
		} else {
			clear(w.given[j])
		}
	}
	return w
}

// reverse is the reverse pass of an attempt: of the rows whose steps were accepted, from
// the cotangents of the ends of the steps to those of the starts. The other rows have
// none, and stay as they are.
func (r *rowSolve) reverse(w *rowCotangents, k int, saved, params gorgonia.Value, context []gorgonia.Value) error {
	at := r.attempts[k]
	f := at.step
	p := at.c.reverseOf(f)
	p.reset(at)
	end := p.end(at)
	if at.whole {
		copyPoint(end, nil, w.at, nil)
	} else {
		zeroPoint(end)
		copyPoint(end, at.accepted, w.at, at.of)
	}
	if saved != nil {
		at.saved.back().sum(end.z, saved)
	}
	for j := range r.aggregates {
		i := int(f.out.terms) + j
		r.aggregates[j].cotangent(r, k, w.given[j], w.terms[:at.c.batch])
		p.cots[i] = p.mem[i]
		writeColumn(p.cots[i], w.terms)
	}
	if f.params > 0 {
		p.grads[0], p.add[0] = params, true
	}
	if saved != nil {
		for i := range at.dense {
			if err := p.dense(at, &at.dense[i], saved); err != nil {
				return err
			}
		}
	}
	if err := at.frame.Accumulate(p.cots, p.grads, p.add); err != nil {
		return err
	}
	start := p.start(at)
	copyPoint(w.at, at.of, start, at.accepted)
	for i, g := range context {
		if g != nil {
			value.AddEachRow(g, at.of, start.context[i], at.accepted)
		}
	}
	return nil
}

// reset starts the reverse pass of an attempt.
func (p *rowReverse) reset(at *rowAttempt) {
	f := at.step
	clear(p.cots)
	if p.grads == nil {
		n := f.inputs
		p.grads, p.own, p.add = make([]gorgonia.Value, n), make([]gorgonia.Value, n), make([]bool, n)
		own := func(s slot, v gorgonia.Value) {
			if s != none {
				p.own[f.index(s)] = value.New(v.Dtype(), v.Shape()...)
			}
		}
		own(f.in.z, at.from.z)
		own(f.in.k1, at.from.k1)
		for j := range f.carried {
			own(f.in.g+slot(j), at.from.g[j])
		}
		for j := range f.contexts {
			own(f.in.context+slot(j), at.from.context[j])
		}
	}
	copy(p.grads, p.own)
	clear(p.add)
}

// end returns the cotangents of the point at which the steps end.
func (p *rowReverse) end(at *rowAttempt) (q point[gorgonia.Value]) {
	take := func(s slot) gorgonia.Value {
		if s == none {
			return nil
		}
		p.cots[s] = p.mem[s]
		return p.mem[s]
	}
	out := &at.step.out
	q.z, q.k1 = take(out.z), take(out.k1)
	for j := range at.step.carried {
		q.g = append(q.g, take(out.g+slot(j)))
	}
	return q
}

// start returns the gradients of the point from which the steps start.
func (p *rowReverse) start(at *rowAttempt) (q point[gorgonia.Value]) {
	f := at.step
	q.z = p.grads[f.index(f.in.z)]
	if f.in.k1 != none {
		q.k1 = p.grads[f.index(f.in.k1)]
	}
	if f.carried > 0 {
		q.g = p.grads[f.index(f.in.g):][:f.carried]
	}
	q.context = f.context(p.grads)
	return q
}

// dense takes the cotangents of saved states within the steps through the dense output,
// to the results and the arguments of the steps.
func (p *rowReverse) dense(at *rowAttempt, d *rowDense, saved gorgonia.Value) error {
	for len(p.states) < len(d.saved) {
		p.states = append(p.states, value.New(at.c.dtype, at.c.batch, at.c.dim))
	}
	for j, rows := range d.saved {
		value.Zero(p.states[j])
		rows.back().copy(p.states[j], saved)
	}
	f := at.step
	grads, adds := p.denseGrads[:0], p.denseAdd[:0]
	take := func(i int) { // a gradient of the step
		grads, adds = append(grads, p.grads[i]), append(adds, p.add[i])
		p.add[i] = true
	}
	if d.f.params > 0 {
		take(0)
	}
	for _, q := range f.dense {
		if q.input {
			take(f.index(q.at))
			continue
		}
		added := p.cots[q.at] != nil
		p.cots[q.at] = p.mem[q.at]
		grads, adds = append(grads, p.mem[q.at]), append(adds, added)
	}
	for len(grads) < d.f.inputs {
		grads, adds = append(grads, nil), append(adds, false)
	}
	p.denseGrads, p.denseAdd = grads, adds
	return d.frame.Accumulate(p.states[:len(d.saved)], grads, adds)
}
