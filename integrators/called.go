package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// calls writes a run as calls of the compiled functions, one for each step.
// The calls take over the frames of the numeric solve, so that nothing is
// computed twice.
type calls struct {
	run  *odeRun
	s    *graph.Scope
	made []*graph.Called // in the order of frames
}

// frames returns the frames that take part in the graph of a run.
func (r *odeRun) frames() []*graph.Frame {
	var f []*graph.Frame
	if r.o.method.FSAL {
		f = append(f, r.begin)
	}
	for _, st := range r.steps {
		f = append(f, st.frame)
		f = append(f, st.dense...)
	}
	return f
}

func (c *calls) call(f *graph.Function, fr *graph.Frame, args ...*gorgonia.Node) (*graph.Called, error) {
	n, err := f.Call(c.s, args...)
	if err != nil {
		return nil, err
	}
	n.Bind(fr)
	c.made = append(c.made, n)
	return n, nil
}

func (c *calls) begin(z *gorgonia.Node) (*gorgonia.Node, error) {
	if !c.run.o.method.FSAL {
		return nil, nil
	}
	n, err := c.call(c.run.odeSolver.begin, c.run.begin, z)
	if err != nil {
		return nil, err
	}
	return n.Out(0)
}

func (c *calls) step(i int, z, k1 *gorgonia.Node) (*step, gorgonia.Nodes, error) {
	r := c.run
	args := gorgonia.Nodes{z}
	if r.o.method.FSAL {
		args = append(args, k1)
	}
	n, err := c.call(r.odeSolver.step, r.steps[i].frame, args...)
	if err != nil {
		return nil, nil, err
	}
	out := func(i int) (m *gorgonia.Node) {
		if err == nil {
			m, err = n.Out(i)
		}
		return m
	}
	st := &step{z1: out(0)}
	if r.o.method.FSAL && (i+1 < len(r.steps) || len(r.steps[i].theta) > 0) {
		st.last = out(1)
	}
	for j := range r.o.settings.Regularizers {
		st.terms = append(st.terms, out(r.termsAt+j))
	}
	if len(r.steps[i].theta) == 0 || err != nil {
		return st, nil, err
	}
	dense := gorgonia.Nodes{z}
	if r.o.method.FSAL {
		dense = append(dense, k1)
	}
	for j := range r.innerStages() {
		dense = append(dense, out(r.stagesAt+j))
	}
	if r.o.method.FSAL {
		dense = append(dense, st.last)
	}
	var saved gorgonia.Nodes
	for _, fr := range r.steps[i].dense {
		if n, err = c.call(fr.Function(), fr, dense...); err != nil {
			return nil, nil, err
		}
		for j := range fr.Function().Outputs() {
			saved = append(saved, out(j))
		}
	}
	return st, saved, err
}

func (c *calls) bind(r *odeRun) {
	for i, fr := range r.frames() {
		c.made[i].Bind(fr)
	}
}
