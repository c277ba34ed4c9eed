package integrators

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// inlined writes the expression of every step of a run into the graph.
type inlined struct {
	run  *run
	s    *graph.Scope
	t0   *gorgonia.F64
	data []stepData

	states gorgonia.Nodes // at the save times
}

// stepData are the numbers of one step, which its nodes refer to.
type stepData struct {
	t, h  *gorgonia.F64
	w     *tensor.Dense // weights of the dense output, nil without save times
	noise []gorgonia.Value
}

func (e *inlined) begin(z *gorgonia.Node) (point, error) {
	for range e.run.first {
		e.states = append(e.states, z)
	}
	if !e.run.o.carries() {
		return point{z: z}, nil
	}
	e.t0 = gorgonia.NewF64(e.run.o.t0)
	t, err := e.s.Data(e.t0)
	if err != nil {
		return point{}, err
	}
	stages, g, err := e.run.o.begin(e.s, z, t, e.run.hands())
	if err != nil {
		return point{}, err
	}
	return point{z, stages[0], g}, nil
}

func (e *inlined) step(i int, from point) (*step, error) {
	st := &e.run.steps[i]
	d := stepData{t: gorgonia.NewF64(st.t), h: gorgonia.NewF64(st.h)}
	t, err := e.s.Data(d.t)
	if err != nil {
		return nil, err
	}
	h, err := e.s.Data(d.h)
	if err != nil {
		return nil, err
	}
	var noise gorgonia.Nodes
	for j := range e.run.o.noises() {
		v := graph.NewValue(e.run.dtype, e.run.batch, e.run.dim)
		x, err := e.s.Data(v)
		if err != nil {
			return nil, err
		}
		noise, d.noise = append(noise, x), append(d.noise, v)
		graph.CopyRows(v, 0, st.frame.Data(e.run.noise+j))
	}
	n, err := e.run.o.step(e.s, from, noise, t, h, e.run.o.settings.Regularizers)
	if err != nil {
		return nil, err
	}
	if m := len(st.theta); m > 0 {
		d.w = tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(m*e.run.o.denseWeights()))
		e.run.o.fillWeights(st.theta, d.w)
		w, err := e.s.Data(d.w)
		if err != nil {
			return nil, err
		}
		within, err := e.run.o.interpolate(from.z, h, w, n.stages, m)
		if err != nil {
			return nil, err
		}
		e.states = append(e.states, within...)
	}
	for range st.end {
		e.states = append(e.states, n.end.z)
	}
	e.data = append(e.data, d)
	return n, nil
}

func (e *inlined) saved() (*gorgonia.Node, error) { return ops.Stack(e.states) }

func (e *inlined) bind(r *run) {
	if e.t0 != nil {
		*e.t0 = gorgonia.F64(r.o.t0)
	}
	for i, d := range e.data {
		st := &r.steps[i]
		*d.t, *d.h = gorgonia.F64(st.t), gorgonia.F64(st.h)
		for j, v := range d.noise {
			graph.CopyRows(v, 0, st.frame.Data(r.noise+j))
		}
		if d.w != nil {
			r.o.fillWeights(st.theta, d.w)
		}
	}
}
