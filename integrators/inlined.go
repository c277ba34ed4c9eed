package integrators

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// inlined writes the expression of every step of a solve into the graph.
type inlined struct {
	solve *solve
	scope *graph.Scope
	t0    *tensor.Dense // clock of the first stage
	data  []stepData

	states gorgonia.Nodes // at the save times
	event  eventData      // numbers of the event that ends the solve, if one does
	end    gorgonia.Value // time at which it ends, if it has events and none does
	time   *gorgonia.Node // time at which it ends, nil without events
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

func (e *inlined) start(z *gorgonia.Node, context gorgonia.Nodes) (point[*gorgonia.Node], error) {
	e.scope = e.scope.WithContext(context...)
	for range e.solve.atStart {
		e.states = append(e.states, z)
	}
	if !e.solve.c.solver.traits.fsal {
		return point[*gorgonia.Node]{z: z}, nil
	}
	e.t0 = clockValue()
	return e.firstStage(e.solve.c.solver, z, e.t0)
}

// firstStage adds the first stage of a solver at z.
func (e *inlined) firstStage(s *Solver, z *gorgonia.Node, at *tensor.Dense) (from point[*gorgonia.Node], err error) {
	b := &stepBuilder{solver: s, scope: e.scope}
	if b.t, err = e.scope.Data(at); err != nil {
		return from, err
	}
	fields, g, err := b.firstStage(z, s.handsIntegrands())
	if err != nil {
		return from, err
	}
	if s.traits.handsDiffusion {
		g = gorgonia.Nodes{z, fields[1]}
	}
	return point[*gorgonia.Node]{z: z, k1: fields[0], g: g}, nil
}

func clockValue() *tensor.Dense {
	return tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(len(clock{})))
}

func (e *inlined) step(p run, i int, _ bool, from point[*gorgonia.Node]) (*step, error) {
	st, s := &e.solve.steps[p.first+i], p.of(e.solve).c.solver
	d := stepData{t: clockValue(), h: gorgonia.NewF64(st.h)}
	var err error
	if st.first != nil {
		d.k1 = clockValue()
		if from, err = e.firstStage(s, from.z, d.k1); err != nil {
			return nil, err
		}
	}
	b := &stepBuilder{solver: s, scope: e.scope, regularizers: s.settings.Regularizers}
	if b.t, err = e.scope.Data(d.t); err != nil {
		return nil, err
	}
	if b.h, err = e.scope.Data(d.h); err != nil {
		return nil, err
	}
	if b.noise, d.noise, err = e.matrices(len(s.traits.noise)); err != nil {
		return nil, err
	}
	n, err := s.addStep(b, from)
	if err != nil {
		return nil, err
	}
	if m := len(st.theta); m > 0 {
		d.w = tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(m*s.traits.weights))
		s.fillWeights(st.theta, d.w)
		within, err := e.interpolate(b, from.z, n.stages, &d, m)
		if err != nil {
			return nil, err
		}
		e.states = append(e.states, within...)
	}
	end := n.end.z
	if st.event != nil {
		if end, e.time, err = e.addEvent(b, from.z, n.stages, st); err != nil {
			return nil, err
		}
	}
	for range st.atEnd {
		e.states = append(e.states, end)
	}
	d.copyNoise(st)
	e.data = append(e.data, d)
	return n, nil
}

// interpolate adds the states at m times within a step from z.
func (e *inlined) interpolate(b *stepBuilder, z *gorgonia.Node, stages gorgonia.Nodes, d *stepData, m int) (gorgonia.Nodes, error) {
	w, err := e.scope.Data(d.w)
	if err != nil {
		return nil, err
	}
	var noise gorgonia.Nodes
	if b.solver.traits.stochastic {
		if noise, d.fills, err = e.matrices(m); err != nil {
			return nil, err
		}
	}
	return b.solver.method.interpolate(b, z, stages, w, noise, m)
}

// matrices adds n matrices of noise.
func (e *inlined) matrices(n int) (nodes gorgonia.Nodes, values []gorgonia.Value, err error) {
	for range n {
		v := value.New(e.solve.c.dtype, e.solve.c.batch, e.solve.c.solver.equation.processes(e.solve.c.dim))
		x, err := e.scope.Data(v)
		if err != nil {
			return nil, nil, err
		}
		nodes, values = append(nodes, x), append(values, v)
	}
	return nodes, values, nil
}

// copyNoise takes the noise of a step from its frames.
func (d *stepData) copyNoise(st *keptStep) {
	for j, v := range d.noise {
		value.CopyRows(v, 0, st.frame.Data(int(st.solve.fn.step.in.noise)+j))
	}
	for j, v := range d.fills {
		fr := st.dense[j/maxDense]
		noise := st.solve.c.dense[len(fr.Function().Outputs())].in.noise
		value.CopyRows(v, 0, fr.Data(int(noise)+j%maxDense))
	}
}

func (e *inlined) saved() (z, t *gorgonia.Node, err error) {
	if e.time == nil && e.solve.c.events != nil { // no event
		e.end = value.New(e.solve.c.dtype)
		if e.time, err = e.scope.Data(e.end); err != nil {
			return nil, nil, err
		}
	}
	z, err = ops.Stack(e.states)
	return z, e.time, err
}

func (e *inlined) bind(r *solve) {
	if e.t0 != nil {
		r.t0.set(e.t0)
	}
	if r.event != nil {
		e.event.set(&r.steps[len(r.steps)-1])
	}
	if e.end != nil {
		value.SetScalar(e.end, r.solution.T-r.c.solver.settings.TimeOrigin)
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
			st.solve.c.solver.fillWeights(st.theta, d.w)
		}
	}
}
