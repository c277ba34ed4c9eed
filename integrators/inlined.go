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
	t0   *tensor.Dense // clock of the first stage
	data []stepData

	states gorgonia.Nodes // at the save times
}

// stepData are the numbers of one step, which its nodes refer to.
type stepData struct {
	k1    *tensor.Dense // clock of a first stage of its own, else nil
	t     *tensor.Dense // clock
	h     *gorgonia.F64
	w     *tensor.Dense // weights of the dense output, nil without save times
	noise []gorgonia.Value
	fills []gorgonia.Value // noise within the step
}

func (e *inlined) begin(z *gorgonia.Node) (point, error) {
	for range e.run.first {
		e.states = append(e.states, z)
	}
	if !e.run.o.carries() {
		return point{z: z}, nil
	}
	e.t0 = clockValue()
	return e.firstStage(z, e.t0)
}

// firstStage adds the first stage at z.
func (e *inlined) firstStage(z *gorgonia.Node, at *tensor.Dense) (point, error) {
	t, err := e.s.Data(at)
	if err != nil {
		return point{}, err
	}
	stages, g, err := e.run.o.begin(e.s, z, t, e.run.hands())
	if err != nil {
		return point{}, err
	}
	return point{z, stages[0], g}, nil
}

func clockValue() *tensor.Dense {
	return tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(len(clock{})))
}

func (e *inlined) step(i int, from point) (*step, error) {
	st := &e.run.steps[i]
	d := stepData{t: clockValue(), h: gorgonia.NewF64(st.h)}
	if st.begin != nil {
		d.k1 = clockValue()
		var err error
		if from, err = e.firstStage(from.z, d.k1); err != nil {
			return nil, err
		}
	}
	t, err := e.s.Data(d.t)
	if err != nil {
		return nil, err
	}
	h, err := e.s.Data(d.h)
	if err != nil {
		return nil, err
	}
	noise, err := e.matrices(e.run.o.noises(), &d.noise)
	if err != nil {
		return nil, err
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
		stages, err := e.run.o.extend(e.s, from.z, t, h, n.stages)
		if err != nil {
			return nil, err
		}
		fills, err := e.matrices(e.run.fills(m), &d.fills)
		if err != nil {
			return nil, err
		}
		within, err := e.run.o.interpolate(from.z, h, w, stages, fills, m)
		if err != nil {
			return nil, err
		}
		e.states = append(e.states, within...)
	}
	for range st.end {
		e.states = append(e.states, n.end.z)
	}
	d.copyNoise(st)
	e.data = append(e.data, d)
	return n, nil
}

// matrices adds n matrices of data.
func (e *inlined) matrices(n int, values *[]gorgonia.Value) (nodes gorgonia.Nodes, err error) {
	for range n {
		v := graph.NewValue(e.run.dtype, e.run.batch, e.run.dim)
		x, err := e.s.Data(v)
		if err != nil {
			return nil, err
		}
		nodes, *values = append(nodes, x), append(*values, v)
	}
	return nodes, nil
}

// copyNoise takes the noise of a step from its frames.
func (d *stepData) copyNoise(st *runStep) {
	for j, v := range d.noise {
		graph.CopyRows(v, 0, st.frame.Data(st.run.noise+j))
	}
	for j, v := range d.fills {
		graph.CopyRows(v, 0, st.dense[j/maxDense].Data(st.run.fillsAt()+j%maxDense))
	}
}

func (e *inlined) saved() (*gorgonia.Node, error) { return ops.Stack(e.states) }

func (e *inlined) bind(r *run) {
	if e.t0 != nil {
		r.t0.set(e.t0)
	}
	for i, d := range e.data {
		st := &r.steps[i]
		st.clock.set(d.t)
		if d.k1 != nil {
			st.clock.set(d.k1)
		}
		*d.h = gorgonia.F64(st.h)
		d.copyNoise(st)
		if d.w != nil {
			r.o.fillWeights(st.theta, d.w)
		}
	}
}
