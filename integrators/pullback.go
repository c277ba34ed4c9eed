package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// pullback is the reverse pass of a step that serves save times. It takes the
// cotangents of saved states through the dense output, and adds what arrives to
// the gradients of the step's arguments and to the cotangents of its results,
// from which the reverse pass of the step goes on.
type pullback struct {
	s     *solver
	cots  []gorgonia.Value // of the results of the step
	own   []bool           // that lie in mem, not in the caller's memory
	mem   []gorgonia.Value
	grads []gorgonia.Value // of its inputs
	add   []bool           // to what is there

	// The gradients of the dense output are gradients and cotangents of the step.
	denseGrads []gorgonia.Value
	denseAdd   []bool

	k1, g      gorgonia.Value   // gradients of a first stage that is the step's own
	firstCots  []gorgonia.Value // of the results of its function
	firstGrads []gorgonia.Value // of its inputs
	firstAdd   []bool
	saved      gorgonia.Value // the cotangent last split
	rows       []gorgonia.Value
}

// pullback returns the solver's only one: no two steps are in reverse at once.
func (s *solver) pullback() *pullback {
	if s.pull == nil {
		n := len(s.step.Outputs())
		s.pull = &pullback{
			s: s, cots: make([]gorgonia.Value, n), own: make([]bool, n), mem: make([]gorgonia.Value, n),
			denseGrads: make([]gorgonia.Value, s.denseInputs()+s.fills(maxDense)), denseAdd: make([]bool, s.denseInputs()+s.fills(maxDense)),
		}
	}
	return s.pull
}

// reset starts the reverse pass of a step.
func (p *pullback) reset(cots, grads []gorgonia.Value, add []bool) {
	copy(p.cots, cots)
	clear(p.own)
	p.grads = append(p.grads[:0], grads...)
	p.add = append(p.add[:0], add...)
	for len(p.add) < len(grads) {
		p.add = append(p.add, false)
	}
}

// split returns the cotangents of the single states in that of all saved ones.
func (p *pullback) split(saved gorgonia.Value) []gorgonia.Value {
	if p.saved != saved {
		p.saved, p.rows = saved, p.rows[:0]
		for i := 0; i < saved.Shape()[0]; i += p.s.batch {
			p.rows = append(p.rows, graph.Rows(saved, i, i+p.s.batch))
		}
	}
	return p.rows
}

// addToStart adds to the gradient of the state from which the step starts.
func (p *pullback) addToStart(y gorgonia.Value) {
	z := p.s.stateAt(len(p.grads))
	switch {
	case p.grads[z] == nil:
	case p.add[z]:
		graph.AddRows(p.grads[z], 0, y)
	default:
		graph.CopyRows(p.grads[z], 0, y)
		p.add[z] = true
	}
}

// addToEnd adds to the cotangent of the state at which the step ends.
func (p *pullback) addToEnd(y gorgonia.Value) {
	if v, add := p.cotangent(0); add {
		graph.AddRows(v, 0, y)
	} else {
		graph.CopyRows(v, 0, y)
	}
}

// cotangent makes the cotangent of the i-th result one that can be written,
// and says whether there is anything in it to add to.
func (p *pullback) cotangent(i int) (v gorgonia.Value, add bool) {
	if p.own[i] {
		return p.cots[i], true
	}
	if p.mem[i] == nil {
		p.mem[i] = graph.NewValue(p.s.dtype, p.s.batch, p.s.dim)
	}
	given := p.cots[i]
	if given != nil {
		graph.CopyRows(p.mem[i], 0, given)
	}
	p.cots[i], p.own[i] = p.mem[i], true
	return p.cots[i], given != nil
}

// dense takes the cotangents of states within the step through the dense output.
func (p *pullback) dense(fr *graph.Frame, states []gorgonia.Value) error {
	s := p.s
	n := 0
	argument := func(i int) {
		p.denseGrads[n], p.denseAdd[n] = p.grads[i], p.add[i]
		p.add[i] = true
		n++
	}
	result := func(i int) {
		p.denseGrads[n], p.denseAdd[n] = p.cotangent(i)
		n++
	}
	z := s.stateAt(len(p.grads))
	for i := range s.denseParams() {
		argument(i)
	}
	argument(z)
	if s.o.carries() {
		argument(z + 1)
	}
	for i := range s.innerStages() {
		result(s.stagesAt + i)
	}
	if s.o.carries() {
		result(1)
	}
	n = s.denseInputs() + s.fills(len(states)) // data have no gradient
	return fr.Accumulate(states, p.denseGrads[:n], p.denseAdd[:n])
}
