package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// saveReverse is the reverse pass of a step that serves save times. It takes the
// cotangents of saved states through the dense output, and adds what arrives to
// the gradients of the step's arguments and to the cotangents of its results,
// from which the reverse pass of the step goes on.
type saveReverse struct {
	c     *compiled
	fn    functions
	cots  []gorgonia.Value // cotangents of the results of the step
	own   []bool           // whether a cotangent lies in mem, not in the caller's memory
	mem   []gorgonia.Value
	grads []gorgonia.Value // gradients of the inputs of the step
	add   []bool           // whether a gradient is added to what is there

	// The gradients of the dense output are gradients and cotangents of the step.
	denseGrads []gorgonia.Value
	denseAdd   []bool

	k1         gorgonia.Value   // gradient of a first stage that is the step's own
	g          []gorgonia.Value // gradients of the integrands there
	firstCots  []gorgonia.Value // cotangents of the results of the first stage
	firstGrads []gorgonia.Value // gradients of its inputs
	firstAdd   []bool
	end        gorgonia.Value // cotangent of the state at an event
	saved      gorgonia.Value // the cotangent last split
	rows       []gorgonia.Value
}

// saveReverse returns the only one of c: no two steps are in reverse at once. The
// functions are those that are differentiated.
func (c *compiled) saveReverse(fn functions) *saveReverse {
	if c.reverse == nil {
		n := len(fn.step.Outputs())
		c.reverse = &saveReverse{c: c, fn: fn, cots: make([]gorgonia.Value, n), own: make([]bool, n), mem: make([]gorgonia.Value, n)}
	}
	return c.reverse
}

// reset starts the reverse pass of a step.
func (p *saveReverse) reset(cots, grads []gorgonia.Value, add []bool) {
	copy(p.cots, cots)
	clear(p.own)
	p.grads = append(p.grads[:0], grads...)
	p.add = append(p.add[:0], add...)
	for len(p.add) < len(grads) {
		p.add = append(p.add, false)
	}
}

// split returns the cotangents of the single states in that of all saved ones.
func (p *saveReverse) split(saved gorgonia.Value) []gorgonia.Value {
	if p.saved != saved {
		p.saved, p.rows = saved, p.rows[:0]
		for i := 0; i < saved.Shape()[0]; i += p.c.batch {
			p.rows = append(p.rows, value.Rows(saved, i, i+p.c.batch))
		}
	}
	return p.rows
}

// addToStart adds to the gradient of the state from which the step starts.
func (p *saveReverse) addToStart(y gorgonia.Value) {
	z := p.fn.step.index(p.fn.step.in.z)
	switch {
	case p.grads[z] == nil:
	case p.add[z]:
		value.AddRows(p.grads[z], 0, y)
	default:
		value.CopyRows(p.grads[z], 0, y)
		p.add[z] = true
	}
}

// addToEnd adds to the cotangent of the state at which the step ends.
func (p *saveReverse) addToEnd(y gorgonia.Value) {
	if v, add := p.cotangent(int(p.fn.step.out.z)); add {
		value.AddRows(v, 0, y)
	} else {
		value.CopyRows(v, 0, y)
	}
}

// sum returns the sum of the cotangents of the state at an event.
func (p *saveReverse) sum(states []gorgonia.Value) gorgonia.Value {
	if p.end == nil {
		p.end = value.New(p.c.dtype, p.c.batch, p.c.dim)
	}
	value.Zero(p.end)
	for _, y := range states {
		value.AddRows(p.end, 0, y)
	}
	return p.end
}

// cotangent makes the cotangent of the i-th result one that can be written,
// and says whether there is anything in it to add to.
func (p *saveReverse) cotangent(i int) (v gorgonia.Value, add bool) {
	if p.own[i] {
		return p.cots[i], true
	}
	if p.mem[i] == nil {
		p.mem[i] = value.New(p.c.dtype, p.fn.step.Outputs()[i].Shape...)
	}
	given := p.cots[i]
	if given != nil {
		value.CopyRows(p.mem[i], 0, given)
	}
	p.cots[i], p.own[i] = p.mem[i], true
	return p.cots[i], given != nil
}

// dense takes the cotangents of states within the step through the dense output.
// Its inputs beside parameters, state and stages are data and have no gradient.
func (p *saveReverse) dense(fr *graph.Frame, states []gorgonia.Value) error {
	f := p.fn.step
	grads, adds := p.denseGrads[:0], p.denseAdd[:0]
	take := func(i int) { // a gradient of the step
		grads, adds = append(grads, p.grads[i]), append(adds, p.add[i])
		p.add[i] = true
	}
	dense := p.c.dense[len(states)]
	if dense.params > 0 {
		take(0)
	}
	for _, at := range f.dense {
		if at.input {
			take(f.index(at.at))
			continue
		}
		v, add := p.cotangent(int(at.at))
		grads, adds = append(grads, v), append(adds, add)
	}
	for len(grads) < dense.inputs {
		grads, adds = append(grads, nil), append(adds, false)
	}
	p.denseGrads, p.denseAdd = grads, adds
	return fr.Accumulate(states, grads, adds)
}
