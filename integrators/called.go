package integrators

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// calls writes a solve as calls of the compiled functions, one for each step.
// The calls take over the frames of the numeric solve, so that nothing is
// computed twice. There may be more calls than steps; the last are idle then.
type calls struct {
	c     *compiled
	fn    functions
	scope *graph.Scope
	n     int
	first *graph.Call // call of the first stage, nil if there is none
	steps []*graph.Call
}

func (e *calls) start(z *gorgonia.Node) (from point[*gorgonia.Node], err error) {
	from.z = z
	if !e.c.solver.traits.fsal {
		return from, nil
	}
	if e.first, err = e.fn.first.Call(e.scope, z); err != nil {
		return from, err
	}
	out := e.fn.first.out
	from.k1, err = e.first.Out(int(out.fields))
	for j := 0; j < e.fn.first.integrands && err == nil; j++ {
		var g *gorgonia.Node
		g, err = e.first.Out(int(out.g) + j)
		from.g = append(from.g, g)
	}
	return from, err
}

func (e *calls) step(i int, from point[*gorgonia.Node]) (*step, error) {
	f := e.fn.step
	call, err := f.Call(e.scope, f.arguments(from)...)
	if err != nil {
		return nil, err
	}
	e.steps = append(e.steps, call)
	out := func(s slot) (n *gorgonia.Node) {
		if err == nil && s != none {
			n, err = call.Out(int(s))
		}
		return n
	}
	st := &step{}
	st.end.z = out(f.out.z)
	if i+1 < e.n {
		st.end.k1 = out(f.out.k1)
		for j := range f.integrands {
			st.end.g = append(st.end.g, out(f.out.g+slot(j)))
		}
	}
	for j := range e.c.solver.settings.Regularizers {
		st.terms = append(st.terms, out(f.out.terms+slot(j)))
	}
	return st, err
}

func (e *calls) saved() (*gorgonia.Node, error) {
	m := len(e.c.solver.settings.SaveAt) * e.c.batch
	return graph.SumParts(graph.Spec{Name: "saved states", Dtype: e.c.dtype, Shape: tensor.Shape{m, e.c.dim}}, e.steps...)
}

func (e *calls) bind(r *solve) {
	if e.first != nil {
		e.first.Bind(r.first)
	}
	r.rest = idleStep{c: r.c, f: r.fn.step, at: r.from}
	if r.idle = r.rest; len(r.steps) == 0 {
		r.idle.rows = r.atStart
	}
	for i, call := range e.steps {
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
