package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// A step that starts at a stop time has a first stage of its own, since that of
// the step before belongs to the field before. In a graph it is part of the call
// of the step, which leaves the first stage that it is handed alone.

// executeFirst evaluates the first stage of a step and returns the inputs of the
// step with it in place of the one in in.
func (s *solver) executeFirst(first *graph.Frame, in []gorgonia.Value) ([]gorgonia.Value, error) {
	z := s.stateAt(len(in))
	args := append(append(s.firstArgs[:0], in[:z+1]...), nil) // parameters, z; t
	if err := first.Execute(args); err != nil {
		return nil, err
	}
	all := append(args, in...)
	own := all[len(args):]
	s.firstArgs = all[:0]
	own[z+1] = first.Out(0)
	if s.hands() {
		own[z+s.integrandAt()] = first.Out(s.starts + 2)
	}
	return own, nil
}

// detachFirst makes the gradient of the first stage one of the step's own. The
// one that the step was handed has none.
func (p *pullback) detachFirst() {
	s := p.s
	if p.k1 == nil {
		p.k1 = graph.NewValue(s.dtype, s.batch, s.dim)
		p.g = graph.NewValue(s.dtype)
	}
	z := s.stateAt(len(p.grads))
	p.detach(z+1, p.k1)
	if s.hands() {
		p.detach(z+s.integrandAt(), p.g)
	}
}

func (p *pullback) detach(i int, own gorgonia.Value) {
	if p.grads[i] != nil && !p.add[i] {
		graph.Zero(p.grads[i])
	}
	p.grads[i], p.add[i] = own, false
}

// first takes the gradient of a first stage of the step's own on to the state
// and the parameters, after the reverse pass of the step.
func (p *pullback) first(fr *graph.Frame) error {
	s := p.s
	z := s.stateAt(len(p.grads))
	if p.firstCots == nil {
		p.firstCots = make([]gorgonia.Value, len(fr.Function().Outputs()))
	}
	p.firstCots[0] = p.k1
	if s.hands() {
		p.firstCots[s.starts+2] = p.g
	}
	p.firstGrads = append(append(p.firstGrads[:0], p.grads[:z+1]...), nil)
	p.firstAdd = p.firstAdd[:0]
	for range p.firstGrads {
		p.firstAdd = append(p.firstAdd, true)
	}
	return fr.Accumulate(p.firstCots, p.firstGrads, p.firstAdd)
}
