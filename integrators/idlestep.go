package integrators

import (
	"math/bits"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// roundUp returns the number of calls in a graph of n steps: n up to 8, beyond
// that the next of {4, 5, 6, 7}·2^k, so that less than a quarter are idle.
func roundUp(n int) int {
	k := max(0, bits.Len(uint(n-1))-3)
	return ((n-1)>>k + 1) << k
}

// idleStep takes the place of a step in a graph of more calls than a solve has
// steps. It hands on what a step does as it is, and cotangents back;
// its estimates are zero and nothing depends on the parameters.
type idleStep struct {
	c    *compiled
	f    *stepFunction // the step whose place is taken
	at   point[gorgonia.Value]
	rows int // saved states that are z, the first ones, if there is no step at all
	// time follows these if the solve has events, else nil.
	time gorgonia.Value
}

var _ graph.Execution = (*idleStep)(nil)

// Execute does nothing.
func (*idleStep) Execute([]gorgonia.Value) error { return nil }

// Out returns the state, the first stage, an integrand, or zero.
func (p *idleStep) Out(i int) gorgonia.Value {
	switch out, at := &p.f.out, slot(i); {
	case at == out.z:
		return p.at.z
	case at == out.k1:
		return p.at.k1
	case p.f.carried > 0 && at >= out.g: // they come last
		return p.at.g[at-out.g]
	}
	return p.c.zero(p.f, i)
}

// AddPart adds the states at the start of a solve without steps.
func (p *idleStep) AddPart(saved gorgonia.Value) error {
	for i := range p.rows {
		value.AddRows(saved, i*p.c.batch, p.at.z)
	}
	if p.time != nil {
		value.AddRows(saved, p.rows*p.c.batch, p.time)
	}
	return nil
}

// Accumulate passes the cotangents of what is handed on back.
func (p *idleStep) Accumulate(cotangents, grads []gorgonia.Value, add []bool) error {
	for i, g := range grads {
		var c gorgonia.Value
		for _, h := range p.f.handed {
			if h.to == i {
				c = cotangents[h.from]
			}
		}
		switch added := add != nil && add[i]; {
		case g == nil || c == nil && added:
		case c == nil:
			value.Zero(g)
		case added:
			value.AddRows(g, 0, c)
		default:
			value.CopyRows(g, 0, c)
		}
	}
	n, z := len(p.f.Outputs()), grads[p.f.index(p.f.in.z)]
	if p.rows > 0 && len(cotangents) > n && cotangents[n] != nil && z != nil {
		for i := range p.rows {
			value.AddRows(z, 0, value.Rows(cotangents[n], i*p.c.batch, (i+1)*p.c.batch))
		}
	}
	return nil
}

// zero returns a scalar like the i-th result of a step.
func (c *compiled) zero(f *stepFunction, i int) gorgonia.Value {
	if c.zeros == nil {
		c.zeros = make([]gorgonia.Value, len(f.Outputs()))
	}
	if c.zeros[i] == nil {
		o := f.Outputs()[i]
		c.zeros[i] = value.New(o.Dtype, o.Shape...)
	}
	return c.zeros[i]
}
