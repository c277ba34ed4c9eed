package integrators

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// eventData are the numbers of an event that the nodes of an inlined solve refer to.
type eventData struct {
	w     *tensor.Dense  // weights of the dense output
	t, g  gorgonia.Value // time and value of the event
	seen  gorgonia.Value // the time as the event sees it
	over  gorgonia.Value // -1/rate
	slope gorgonia.Value
}

// addEvent adds the state and the time of an event in a step from z, with the
// differentials that ending has: those of one step of Newton's method in time, from
// where the event was found,
//
//	t* = t - (g(y, t) - g)/rate      z* = y + (t* - t)·slope
//
// in which the numbers t, g, rate and slope are data. The step is zero but for rounding.
func (e *inlined) addEvent(b *stepBuilder, z *gorgonia.Node, stages gorgonia.Nodes, st *keptStep) (end, t *gorgonia.Node, err error) {
	c := st.solve.c
	d := &e.event
	d.w = tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(c.solver.traits.weights))
	for _, v := range []*gorgonia.Value{&d.t, &d.seen, &d.g, &d.over} {
		*v = value.New(c.dtype)
	}
	d.slope = value.New(c.dtype, c.batch, c.dim)
	d.set(st)
	var nodes [6]*gorgonia.Node
	for i, v := range []gorgonia.Value{d.w, d.t, d.seen, d.g, d.over, d.slope} {
		if nodes[i], err = e.scope.Data(v); err != nil {
			return nil, nil, err
		}
	}
	w, time, seen, found, over, slope := nodes[0], nodes[1], nodes[2], nodes[3], nodes[4], nodes[5]
	within, err := c.solver.method.interpolate(b, z, stages, w, nil, 1)
	if err != nil {
		return nil, nil, err
	}
	y := within[0]
	g, err := c.solver.event(e.scope.At(seen), st.event.index, y)
	if err != nil {
		return nil, nil, err
	}
	off, err := ops.LinComb([]ops.Term{{X: g, C: 1}, {X: found, C: -1}}, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	ahead, err := gorgonia.Mul(off, over)
	if err != nil {
		return nil, nil, err
	}
	if t, err = gorgonia.Add(time, ahead); err != nil {
		return nil, nil, err
	}
	move, err := gorgonia.Mul(ahead, slope)
	if err != nil {
		return nil, nil, err
	}
	end, err = gorgonia.Add(y, move)
	return end, t, err
}

// set writes the numbers of the event in a step.
func (d *eventData) set(st *keptStep) {
	c, e := st.solve.c, st.event
	s := c.solver
	s.fillWeights([]float64{e.theta}, d.w)
	value.SetScalar(d.t, e.t-s.settings.TimeOrigin)
	value.SetScalar(d.seen, st.clock.seen(e.theta*st.h, c.dtype))
	value.SetScalar(d.g, e.events.Scalar(e.index))
	value.SetScalar(d.over, -1/e.rate)
	value.CopyRows(d.slope, 0, e.slope)
}
