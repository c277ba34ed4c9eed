package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// A step that starts at a stop time has a first stage of its own, since that of
// the step before belongs to the field before. In a graph it is part of the call
// of the step, which leaves the first stage that it is handed alone.

// executeFirst evaluates the first stage of a step and returns the inputs of the
// step with it in place of the one in in.
func (c *compiled) executeFirst(fn functions, first *graph.Frame, in []gorgonia.Value) ([]gorgonia.Value, error) {
	f := fn.step
	z := f.index(f.in.z)
	args := append(append(c.firstArgs[:0], in[:z+1]...), nil) // parameters, z; t
	at := point[gorgonia.Value]{z: in[z], context: f.context(in)}
	args = append(args, at.context...)
	if err := first.Execute(args); err != nil {
		return nil, err
	}
	all := append(args, in...)
	own := all[len(args):]
	c.firstArgs = all[:0]
	from := fn.first.start(at, first)
	own[f.index(f.in.k1)] = from.k1
	if len(from.g) > 0 {
		copy(own[f.index(f.in.g):], from.g)
	}
	return own, nil
}

// detachFirst makes the gradient of the first stage one of the step's own. The
// one that the step was handed has none.
func (p *saveReverse) detachFirst() {
	f := p.fn.step
	if p.k1 == nil {
		p.k1 = value.New(p.c.dtype, p.c.batch, p.c.dim)
		if f.carried > 0 {
			for _, spec := range p.c.handed() {
				p.g = append(p.g, value.New(p.c.dtype, spec.Shape...))
			}
		}
	}
	p.detach(f.index(f.in.k1), p.k1)
	for j, g := range p.g {
		p.detach(f.index(f.in.g)+j, g)
	}
}

func (p *saveReverse) detach(i int, own gorgonia.Value) {
	if p.grads[i] != nil && !p.add[i] {
		value.Zero(p.grads[i])
	}
	p.grads[i], p.add[i] = own, false
}

// first takes the gradient of a first stage of the step's own on to the state
// and the parameters, after the reverse pass of the step.
func (p *saveReverse) first(fr *graph.Frame) error {
	f, out := p.fn.step, p.fn.first.out
	if p.firstCots == nil {
		p.firstCots = make([]gorgonia.Value, len(fr.Function().Outputs()))
	}
	p.firstCots[out.fields] = p.k1
	switch {
	case p.fn.first.noisy: // the predictor is the state
		if z := p.grads[f.index(f.in.z)]; z != nil {
			value.AddRows(z, 0, p.g[0])
		}
		p.firstCots[out.fields+1] = p.g[1]
	default:
		for j, g := range p.g {
			p.firstCots[int(out.g)+j] = g
		}
	}
	p.firstGrads = append(append(p.firstGrads[:0], p.grads[:f.index(f.in.z)+1]...), nil)
	p.firstGrads = append(p.firstGrads, f.context(p.grads)...)
	p.firstAdd = p.firstAdd[:0]
	for range p.firstGrads {
		p.firstAdd = append(p.firstAdd, true)
	}
	return fr.Accumulate(p.firstCots, p.firstGrads, p.firstAdd)
}
