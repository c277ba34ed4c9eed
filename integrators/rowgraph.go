package integrators

import (
	"encoding/binary"
	stderrors "errors"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

var (
	_ graph.Solved    = (*rowSolve)(nil)
	_ graph.Execution = (*rowSolve)(nil)
)

// solveRows solves numerically, keeping what a graph of the solution needs.
func (c *compiled) solveRows(z0 gorgonia.Value, context []gorgonia.Value) (graph.Solved, error) {
	r, err := c.newRowSolve(z0, context, true)
	if err == nil {
		if err = r.run(); err != nil {
			r.Release()
		}
	}
	if err != nil {
		return nil, c.solver.failed(err)
	}
	return r, nil
}

// predictRows solves without keeping anything.
func (c *compiled) predictRows(z0 gorgonia.Value, context []gorgonia.Value) (*Solution, error) {
	s := c.solver
	r, err := c.newRowSolve(z0, context, false)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	c.saved = nil // rows of it are left from a solve that failed
	var f *RowFailure
	err = r.run()
	if err != nil && !(s.settings.Partial && stderrors.As(err, &f)) {
		return nil, err
	}
	sol := r.solution
	sol.Z = c.result()
	if !s.saves() {
		value.CopyRows(sol.Z, 0, r.from.z)
	}
	c.saved = nil
	s.last = sol
	return &sol, err
}

// Structure identifies the graph of the solve, which is the same whatever its steps.
func (r *rowSolve) Structure() string {
	b := []byte{byte(r.c.solver.settings.Mode), byte(r.c.dtype.Size())}
	for _, n := range []int{r.c.batch, r.c.dim} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return string(b)
}

// Adapt has nothing to do.
func (r *rowSolve) Adapt(structure string) bool { return structure == r.Structure() }

// Emit adds the solve to the graph of s: one call of the first stage, if the method
// carries it on, one of the step, which stands for all, and the means over rows of the
// regularizers.
func (r *rowSolve) Emit(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, func(graph.Solved), error) {
	c, f := r.c, r.fn.step
	c.solver.last = r.solution // of a solve that came before others, perhaps
	first, from, err := r.fn.callFirst(c.solver, s, in[0], in[1:])
	if err != nil {
		return nil, nil, err
	}
	call, err := f.Call(s, f.arguments(from)...)
	if err != nil {
		return nil, nil, err
	}
	var z *gorgonia.Node
	if c.solver.saves() {
		z, err = graph.SumParts(graph.Spec{Name: "saved states", Dtype: c.dtype, Shape: tensor.Shape{c.solver.states() * c.batch, c.dim}}, call)
	} else {
		z, err = call.Out(int(f.out.z))
	}
	if err != nil {
		return nil, nil, err
	}
	out := gorgonia.Nodes{z}
	for j := range c.solver.settings.Regularizers {
		column, err := call.Out(int(f.out.terms) + j)
		if err != nil {
			return nil, nil, err
		}
		mean, err := ops.Mean(column)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, mean)
	}
	bind := func(s graph.Solved) {
		r := s.(*rowSolve)
		if first != nil {
			first.Bind(r.first)
		}
		call.Bind(r)
	}
	bind(r)
	return out, bind, nil
}

// Execute solves again over the steps of the solve, unless that has just been done.
func (r *rowSolve) Execute(in []gorgonia.Value) error {
	f := r.fn.step
	start := point[gorgonia.Value]{z: in[f.index(f.in.z)], context: f.context(in)}
	if f.in.k1 != none {
		start.k1 = in[f.index(f.in.k1)]
	}
	if f.in.g != none {
		start.g = in[f.index(f.in.g):][:f.carried]
	}
	if r.solved {
		r.solved = false
		r.aggregate()
		return r.rebase(start)
	}
	r.start, r.from, r.owned = start, start, false
	r.c.rows.points = append(r.c.rows.points, r.buffers...)
	r.buffers = r.buffers[:0]
	for i := range r.contexts {
		r.contexts[i].fill(start.context)
	}
	for _, at := range r.attempts {
		if err := r.repeat(at); err != nil {
			return err
		}
	}
	r.aggregate()
	return nil
}

// repeat makes an attempt again.
func (r *rowSolve) repeat(at *rowAttempt) error {
	if !at.own {
		r.owned = false
	}
	if err := r.bind(at); err != nil {
		return err
	}
	if err := at.frame.Forward(); err != nil {
		return err
	}
	for i := range at.dense {
		d := &at.dense[i]
		if err := d.bind(at); err != nil {
			return err
		}
		if err := d.frame.Forward(); err != nil {
			return err
		}
	}
	r.move(at)
	return nil
}

// rebase takes a point in other memory, with the same numbers, for the start.
func (r *rowSolve) rebase(start point[gorgonia.Value]) error {
	if start.z == r.start.z && start.k1 == r.start.k1 && same(start.context, r.start.context) && same(start.g, r.start.g) {
		return nil
	}
	old := r.start.z
	r.start = start
	move := func(p *point[gorgonia.Value]) {
		if p.z == old {
			p.z, p.k1, p.g = start.z, start.k1, start.g
		}
		p.context = start.context
	}
	move(&r.from)
	for _, at := range r.attempts {
		if at.own {
			continue
		}
		move(&at.from)
		if err := at.step.bind(at.frame, at.from); err != nil {
			return err
		}
		for i := range at.dense {
			if err := at.dense[i].bind(at); err != nil {
				return err
			}
		}
	}
	return nil
}

func same(x, y []gorgonia.Value) bool {
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return false
		}
	}
	return true
}

// Out returns the state at the end, or the values of a regularizer of each row.
func (r *rowSolve) Out(i int) gorgonia.Value {
	f := r.fn.step
	if f.out.terms != none && i >= int(f.out.terms) && i < int(f.out.terms)+len(r.aggregates) {
		return r.aggregates[i-int(f.out.terms)].column
	}
	return r.from.z
}

// AddPart adds the saved states to their rows.
func (r *rowSolve) AddPart(saved gorgonia.Value) error {
	r.starts.sum(saved, r.start.z)
	for _, at := range r.attempts {
		for _, d := range at.dense {
			for j := range d.saved {
				d.saved[j].sum(saved, d.frame.Out(j))
			}
		}
		at.saved.sum(saved, at.frame.Out(int(at.step.out.z)))
	}
	return nil
}
