package integrators

import (
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// calls writes a solve as calls of the compiled functions, one for each step.
// The calls take over the frames of the numeric solve, so that nothing is
// computed twice. There may be more calls than steps; the last of a run of one method are idle then.
type calls struct {
	solve *solve
	scope *graph.Scope
	exact bool        // there are no idle calls
	first *graph.Call // call of the first stage, nil if there is none
	steps []*graph.Call
}

func (e *calls) start(z *gorgonia.Node, context gorgonia.Nodes) (from point[*gorgonia.Node], err error) {
	e.first, from, err = e.solve.fn.callFirst(e.solve.c.solver, e.scope, z, context)
	return from, err
}

// callFirst adds a call of the first stage, nil if the method carries none on, and
// returns the point from which the first step starts.
func (f functions) callFirst(s *Solver, sc *graph.Scope, z *gorgonia.Node, context gorgonia.Nodes) (first *graph.Call, from point[*gorgonia.Node], err error) {
	from.z, from.context = z, context
	if !s.traits.fsal {
		return nil, from, nil
	}
	fn := f.first
	if first, err = fn.Call(sc, append(gorgonia.Nodes{z}, context...)...); err != nil {
		return nil, from, err
	}
	out := fn.out
	from.k1, err = first.Out(int(out.fields))
	for j := 0; j < fn.carried && err == nil; j++ {
		var g *gorgonia.Node
		g, err = first.Out(int(out.g) + j)
		from.g = append(from.g, g)
	}
	if fn.noisy && err == nil {
		var g *gorgonia.Node
		g, err = first.Out(int(out.fields) + 1)
		from.g = gorgonia.Nodes{z, g}
	}
	return first, from, err
}

func (e *calls) step(p run, i int, last bool, from point[*gorgonia.Node]) (*step, error) {
	f := p.of(e.solve).fn.step
	if f.in.k1 != none && from.k1 == nil {
		from.k1 = from.z // after another method the step has a first stage of its own
	}
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
	if !last {
		st.end.k1 = out(f.out.k1)
		for j := range f.carried {
			st.end.g = append(st.end.g, out(f.out.g+slot(j)))
		}
	}
	for j := range e.solve.c.solver.settings.Regularizers {
		st.terms = append(st.terms, out(f.out.terms+slot(j)))
	}
	return st, err
}

func (e *calls) saved() (z, t *gorgonia.Node, err error) {
	c, s := e.solve.c, e.solve.c.solver
	saved, err := graph.SumParts(graph.Spec{Name: "saved states", Dtype: c.dtype, Shape: tensor.Shape{s.blocks() * c.batch, c.dim}}, e.steps...)
	if err != nil || !s.HasEvents() {
		return saved, nil, err
	}
	return s.split(saved)
}

func (e *calls) bind(r *solve) {
	if e.first != nil {
		e.first.Bind(r.first)
	}
	runs := r.runs(e.exact)
	r.idle = idleStep{c: r.c, f: r.fn.step, at: r.from, rows: r.atStart, time: r.time} // if there is no step
	r.rest = slices.Grow(r.rest[:0], len(runs))
	calls := e.steps
	for k, p := range runs {
		r.rest = append(r.rest, idleStep{c: p.of(r).c, f: p.of(r).fn.step, at: p.end(r)})
		for i, call := range calls[:p.calls] {
			switch {
			case i < p.steps:
				call.Bind(&r.steps[p.first+i])
			case i == 0:
				call.Bind(&r.idle)
			default:
				call.Bind(&r.rest[k])
			}
		}
		calls = calls[p.calls:]
	}
}
