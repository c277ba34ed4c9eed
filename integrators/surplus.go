package integrators

import (
	"math/bits"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// roundUp returns the number of calls in a graph of n steps: n up to 8, beyond
// that the next of {4, 5, 6, 7}·2^k, so that less than a quarter are surplus.
func roundUp(n int) int {
	k := max(0, bits.Len(uint(n-1))-3)
	return ((n-1)>>k + 1) << k
}

// surplus takes the place of a step in a graph of more calls than a run has
// steps. It hands on what a step does as it is, and cotangents back;
// its estimates are zero and nothing depends on the parameters.
type surplus struct {
	*solver
	z, k1, g gorgonia.Value
	rows     int // saved states that are z, the first ones, if there is no step at all
}

var _ graph.Contributor = (*surplus)(nil)

// Execute does nothing.
func (*surplus) Execute([]gorgonia.Value) error { return nil }

// Out returns the state, the first stage, the integrand, or zero.
func (p *surplus) Out(i int) gorgonia.Value {
	switch {
	case i == 0:
		return p.z
	case i == 1 && p.o.carries():
		return p.k1
	case p.hands() && i == p.handedAt():
		return p.g
	}
	return p.zero(i)
}

// AddPart adds the states at the start of a run without steps.
func (p *surplus) AddPart(saved gorgonia.Value) error {
	for i := range p.rows {
		graph.AddRows(saved, i*p.batch, p.z)
	}
	return nil
}

// Accumulate passes the cotangents of what is handed on back.
func (p *surplus) Accumulate(cotangents, grads []gorgonia.Value, add []bool) error {
	z := p.stateAt(len(grads))
	for i, g := range grads {
		var c gorgonia.Value
		switch {
		case i == z || i == z+1 && p.o.carries():
			c = cotangents[i-z]
		case p.hands() && i == z+p.integrandAt():
			c = cotangents[p.handedAt()]
		}
		switch added := add != nil && add[i]; {
		case g == nil || c == nil && added:
		case c == nil:
			graph.Zero(g)
		case added:
			graph.AddRows(g, 0, c)
		default:
			graph.CopyRows(g, 0, c)
		}
	}
	if n := len(p.step.Outputs()); p.rows > 0 && len(cotangents) > n && cotangents[n] != nil && grads[z] != nil {
		for i := range p.rows {
			graph.AddRows(grads[z], 0, graph.Rows(cotangents[n], i*p.batch, (i+1)*p.batch))
		}
	}
	return nil
}

// zero returns a scalar like the i-th result of a step.
func (s *solver) zero(i int) gorgonia.Value {
	if s.zeros == nil {
		s.zeros = make([]gorgonia.Value, len(s.step.Outputs()))
	}
	if s.zeros[i] == nil {
		o := s.step.Outputs()[i]
		s.zeros[i] = graph.NewValue(o.Dtype, o.Shape...)
	}
	return s.zeros[i]
}
