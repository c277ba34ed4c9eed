package integrators

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// point is where a step ends and the next one starts, in a graph or in values: the
// state z and, if the method is FSAL, the first stage k1 there and what else is handed
// on: the integrands g there of the integrals that are wanted, or the predictor and the
// diffusion there of a method that hands on these. The context is the same at all points
// of a solve.
type point[T any] struct {
	z, k1   T
	g       []T
	context []T
}

// slot is the position of an input or of a result of a compiled function. The
// parameters, which come before all other inputs, are not counted.
type slot int

// none is the slot of what a function does not have.
const none slot = -1

// at returns what lies in a slot, the zero value if nothing does.
func at[S ~[]T, T any](all S, s slot) (x T) {
	if s != none {
		x = all[s]
	}
	return x
}

// setAll sets the inputs of a frame from a slot on.
func setAll(fr *graph.Frame, from slot, values []gorgonia.Value) error {
	for j, v := range values {
		if err := fr.Set(int(from)+j, v); err != nil {
			return err
		}
	}
	return nil
}

// inputs collects the inputs of a function.
type inputs []graph.Spec

// add appends inputs and returns the slot of the first, none without any.
func (in *inputs) add(specs ...graph.Spec) slot {
	if len(specs) == 0 {
		return none
	}
	*in = append(*in, specs...)
	return slot(len(*in) - len(specs))
}

// results collects the results of a function.
type results gorgonia.Nodes

// add appends results and returns the slot of the first, none if there is no node.
func (out *results) add(nodes ...*gorgonia.Node) slot {
	if len(nodes) == 0 || nodes[0] == nil {
		return none
	}
	*out = append(*out, nodes...)
	return slot(len(*out) - len(nodes))
}

// firstLayout says where the inputs and the results of the first stage lie.
type firstLayout struct {
	in struct {
		z, t    slot
		context slot // the first part of it
	}
	out struct {
		fields slot // the right-hand sides, one after the other
		d0, d1 slot // scaled norms of state and slope
		g      slot // the integrands, one after the other
	}
	fields, carried int  // number of right-hand sides and of integrands
	noisy           bool // the start of a step has a predictor and a diffusion
}

// start returns the start of a step at the state and in the context of a point, after
// the first stage.
func (l *firstLayout) start(at point[gorgonia.Value], fr *graph.Frame) point[gorgonia.Value] {
	p := point[gorgonia.Value]{z: at.z, k1: fr.Out(int(l.out.fields)), context: at.context}
	if l.carried > 0 {
		p.g = fr.Outs(int(l.out.g), l.carried)
	}
	if l.noisy {
		p.g = []gorgonia.Value{at.z, fr.Out(int(l.out.fields) + 1)}
	}
	return p
}

// probeLayout says where the inputs of the probe of the first step lie.
type probeLayout struct{ z, fields, t, h, context slot }

// stepLayout says where the inputs and the results of a step lie.
type stepLayout struct {
	in struct {
		z, k1, g slot // the point at which the step starts, g the first of these
		noise    slot // the first matrix of noise
		t, h     slot // clock and size
		context  slot // the first part of it
	}
	out struct {
		z, k1, g slot // the point at which the step ends, g the first of these
		e, s     slot // scaled error and stiffness
		stages   slot // what the dense output needs beside the two points
		terms    slot // the terms of the regularizers
	}
	carried  int     // number of values g that are handed on
	contexts int     // number of parts of the context
	params   int     // 1 if the inputs of an execution begin with the parameters, else 0
	inputs   int     // number of all inputs, the parameters included
	dense    []place // what the dense output takes: the state, its stages and maybe the context
	handed   []handover
}

// place is where a step has a value: among its inputs or among its results.
type place struct {
	input bool
	at    slot
}

// handover is an input that a step takes over from the step before: the result
// from becomes the input to, counted with the parameters.
type handover struct{ from, to int }

// index returns the position of an input in an execution of the step.
func (l *stepLayout) index(s slot) int { return l.params + int(s) }

// context returns the parts of an execution of the step that belong to the context,
// among its inputs or their gradients.
func (l *stepLayout) context(all []gorgonia.Value) []gorgonia.Value {
	if l.contexts == 0 {
		return nil
	}
	return all[l.index(l.in.context):][:l.contexts]
}

// start returns the point at which a step starts, of all its inputs.
func (l *stepLayout) start(in gorgonia.Nodes) point[*gorgonia.Node] {
	p := point[*gorgonia.Node]{z: at(in, l.in.z), k1: at(in, l.in.k1)}
	if l.carried > 0 {
		p.g = in[l.in.g:][:l.carried]
	}
	if l.contexts > 0 {
		p.context = in[l.in.context:][:l.contexts]
	}
	return p
}

// arguments returns the inputs of a step that are nodes.
func (l *stepLayout) arguments(p point[*gorgonia.Node]) gorgonia.Nodes {
	args := gorgonia.Nodes{p.z}
	if l.in.k1 != none {
		args = append(args, p.k1)
	}
	return append(append(args, p.g...), p.context...)
}

// bind sets the point at which a step starts.
func (l *stepLayout) bind(fr *graph.Frame, p point[gorgonia.Value]) error {
	err := fr.Set(int(l.in.z), p.z)
	if err == nil && l.in.k1 != none {
		err = fr.Set(int(l.in.k1), p.k1)
	}
	if err == nil {
		err = setAll(fr, l.in.g, p.g[:l.carried])
	}
	if err == nil {
		err = setAll(fr, l.in.context, p.context[:l.contexts])
	}
	return err
}

// end returns the point at which a step ends that started from a point.
func (l *stepLayout) end(from point[gorgonia.Value], fr *graph.Frame) (p point[gorgonia.Value]) {
	p.z, p.context = fr.Out(int(l.out.z)), from.context
	if l.out.k1 != none {
		p.k1 = fr.Out(int(l.out.k1))
	}
	if l.carried > 0 {
		p.g = fr.Outs(int(l.out.g), l.carried)
	}
	return p
}

// result orders the results of a step from a point and notes where they lie. The first
// and the last stage of the dense output of a FSAL method can be those that the step
// takes over and hands on. A dense output that evaluates fields takes the context.
func (l *stepLayout) result(from point[*gorgonia.Node], st *step, evaluates bool) gorgonia.Nodes {
	var out results
	l.out.z = out.add(st.end.z)
	l.out.k1 = out.add(st.end.k1)
	l.out.e, l.out.s = out.add(st.e), out.add(st.s)
	stages := st.stages
	n := len(stages)
	fsal := l.in.k1 != none && n > 0 && stages[0] == from.k1 && stages[n-1] == st.end.k1
	l.dense = []place{{true, l.in.z}}
	if fsal {
		l.dense = append(l.dense, place{true, l.in.k1})
		stages = stages[1 : n-1]
	}
	l.out.stages = none
	for _, n := range stages {
		if j := slices.Index(from.g, n); j >= 0 {
			l.dense = append(l.dense, place{true, l.in.g + slot(j)})
			continue
		}
		at := out.add(n)
		if l.out.stages == none {
			l.out.stages = at
		}
		l.dense = append(l.dense, place{false, at})
	}
	if fsal {
		l.dense = append(l.dense, place{false, l.out.k1})
	}
	for i := 0; evaluates && i < l.contexts; i++ {
		l.dense = append(l.dense, place{true, l.in.context + slot(i)})
	}
	l.out.terms = out.add(st.terms...)
	l.out.g = out.add(st.end.g...)

	l.handed = []handover{{int(l.out.z), l.index(l.in.z)}}
	if l.in.k1 != none {
		l.handed = append(l.handed, handover{int(l.out.k1), l.index(l.in.k1)})
	}
	for j := range l.carried {
		l.handed = append(l.handed, handover{int(l.out.g) + j, l.index(l.in.g) + j})
	}
	return gorgonia.Nodes(out)
}

// denseLayout says where the inputs of the dense output lie; its results are the
// states.
type denseLayout struct {
	in struct {
		z, stages slot
		context   slot // the first part of it, none if no field is evaluated
		t, h      slot // clock, none if no field is evaluated, and size
		weights   slot
		noise     slot // the first matrix of noise
	}
	params int // 1 if the inputs of an execution begin with the parameters, else 0
	inputs int // number of all inputs, the parameters included
}
