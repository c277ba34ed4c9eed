package integrators

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// calls writes a run as calls of the compiled functions, one for each step.
// The calls take over the frames of the numeric solve, so that nothing is
// computed twice. There may be more calls than steps; the last are surplus then.
type calls struct {
	*solver
	s     *graph.Scope
	n     int
	first *graph.Called // of the first stage, nil if there is none
	steps []*graph.Called
}

func (c *calls) begin(z *gorgonia.Node) (from point, err error) {
	from.z = z
	if !c.o.carries() {
		return from, nil
	}
	if c.first, err = c.solver.begin.Call(c.s, z); err != nil {
		return from, err
	}
	if from.k1, err = c.first.Out(0); err == nil && c.hands() {
		from.g, err = c.first.Out(c.starts + 2)
	}
	return from, err
}

func (c *calls) step(i int, from point) (*step, error) {
	args := gorgonia.Nodes{from.z}
	if c.o.carries() {
		args = append(args, from.k1)
	}
	if c.hands() {
		args = append(args, from.g)
	}
	call, err := c.solver.step.Call(c.s, args...)
	if err != nil {
		return nil, err
	}
	c.steps = append(c.steps, call)
	out := func(i int) (m *gorgonia.Node) {
		if err == nil {
			m, err = call.Out(i)
		}
		return m
	}
	st := &step{end: point{z: out(0)}}
	if i+1 < c.n {
		if c.o.carries() {
			st.end.k1 = out(1)
		}
		if c.hands() {
			st.end.g = out(c.handedAt())
		}
	}
	for j := range c.o.settings.Regularizers {
		st.terms = append(st.terms, out(c.termsAt+j))
	}
	return st, err
}

func (c *calls) saved() (*gorgonia.Node, error) {
	m := len(c.o.settings.SaveAt) * c.batch
	return graph.SumParts(graph.Input{Name: "saved states", Dtype: c.dtype, Shape: tensor.Shape{m, c.dim}}, c.steps...)
}

func (c *calls) bind(r *run) {
	if c.first != nil {
		c.first.Bind(r.begin)
	}
	r.rest = surplus{solver: r.solver, z: r.z, k1: r.k1, g: r.g}
	if r.idle = r.rest; len(r.steps) == 0 {
		r.idle.rows = r.first
	}
	for i, call := range c.steps {
		switch {
		case i < len(r.steps):
			call.Bind(&r.steps[i])
		case i == 0:
			call.Bind(&r.idle)
		default:
			call.Bind(&r.rest)
		}
	}
}
