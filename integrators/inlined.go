package integrators

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// inlined writes the expression of every step of a run into the graph.
type inlined struct {
	run  *odeRun
	s    *graph.Scope
	t0   *gorgonia.F64
	data []stepData

	states gorgonia.Nodes // at the save times
}

// stepData are the numbers of one step, which its nodes refer to.
type stepData struct {
	t, h *gorgonia.F64
	w    *tensor.Dense // weights of the dense output, nil without save times
}

func (e *inlined) begin(z *gorgonia.Node) (*gorgonia.Node, error) {
	for range e.run.first {
		e.states = append(e.states, z)
	}
	if !e.run.o.method.FSAL {
		return nil, nil
	}
	e.t0 = gorgonia.NewF64(e.run.o.t0)
	t, err := e.s.Data(e.t0)
	if err != nil {
		return nil, err
	}
	return e.run.o.evaluate(e.s, z, t, t, 0)
}

func (e *inlined) step(i int, z, k1 *gorgonia.Node) (*step, error) {
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
	n, err := e.run.o.expression(e.s, z, k1, t, h)
	if err != nil {
		return nil, err
	}
	if m := len(st.theta); m > 0 {
		d.w = tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(m*len(n.stages)))
		e.run.o.method.fillWeights(st.theta, d.w)
		w, err := e.s.Data(d.w)
		if err != nil {
			return nil, err
		}
		within, err := interpolate(z, h, w, n.stages, m)
		if err != nil {
			return nil, err
		}
		e.states = append(e.states, within...)
	}
	for range st.end {
		e.states = append(e.states, n.z1)
	}
	e.data = append(e.data, d)
	return n, nil
}

func (e *inlined) saved() (*gorgonia.Node, error) { return ops.Stack(e.states) }

func (e *inlined) bind(r *odeRun) {
	if e.t0 != nil {
		*e.t0 = gorgonia.F64(r.o.t0)
	}
	for i, d := range e.data {
		st := &r.steps[i]
		*d.t, *d.h = gorgonia.F64(st.t), gorgonia.F64(st.h)
		if d.w != nil {
			r.o.method.fillWeights(st.theta, d.w)
		}
	}
}
