package integrators

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// ending is the event that ended a solve, at a time t* within a step, at the fraction
// theta of it. The state there is y = D(theta), the dense output. The event,
// g(D(theta), t*) = 0, makes t* a function of everything that D and g are made of,
// whose differential is that of the implicit function theorem:
//
//	dt* = -(∂g/∂y·dy + ∂g/∂p·dp) / rate      rate = ∂g/∂t + ∂g/∂y·slope
//	dz* = dy + slope·dt*
//
// with dy at a fixed theta and the slope of the dense output, not the right-hand side
// at z*, so that the gradient is that of what is computed.
type ending struct {
	index int
	theta float64
	t     float64
	frame *graph.Frame // the dense output there

	// What the reverse pass needs, of a solve that is kept.
	events *graph.Frame // the events there
	slope  gorgonia.Value
	rate   float64
}

// state returns the state at which the solve ended.
func (e *ending) state() gorgonia.Value { return e.frame.Out(0) }

// differentiate prepares the reverse pass.
func (e *ending) differentiate(s *search) error {
	f := s.c.events
	e.events = f.NewFrame()
	s.bytes += s.dense.frameBytes + int64(f.FrameBytes())
	if err := s.events(e.events, e.state(), s.step.t, e.theta*s.step.h, f.next); err != nil {
		return err
	}
	if err := e.setSlope(s); err != nil {
		return err
	}
	partial := value.New(s.c.dtype, s.c.batch, s.c.dim)
	if err := e.pullback(s.c, 1, eventGradients{z: partial}); err != nil {
		return err
	}
	e.rate = dot(partial, e.slope)
	switch r := f.rates[e.index]; {
	case r.absent != nil:
		return r.absent
	case r.at != none:
		e.rate += e.events.Scalar(int(r.at))
	}
	if !finite(1 / e.rate) {
		return &Failure{Reason: ErrNonFinite, T: s.step.t, H: s.step.h,
			What: fmt.Sprintf("the derivative of the time of event %d, which changes at a rate of %g at t = %g,", e.index, e.rate, e.t)}
	}
	return nil
}

// execute computes the events in a context of the graph.
func (e *ending) execute(c *compiled, context []gorgonia.Value) error {
	in := make([]gorgonia.Value, c.solver.params()+2) // the parameters, the state and the time, as they are
	return e.events.Execute(append(in, context...))
}

// setSlope computes the slope of the dense output at the event. The dense output is
// affine in its weights: what it gains by their derivatives is h times the slope. They
// are enlarged, so that the state that is part of it does not drown the slope.
func (e *ending) setSlope(s *search) error {
	const large = 1 << 60
	f, fr, err := s.denseFrame(2, s.step, s.start)
	if err != nil {
		return err
	}
	defer fr.Release()
	w := s.c.solver.slopeWeights(e.theta)
	floats.Scale(large, w)
	value.SetFloat64s(fr.Data(int(f.in.weights)), append(w, make([]float64, len(w))...))
	s.nfe += s.c.solver.traits.extra
	if err := fr.Forward(); err != nil {
		return err
	}
	y := value.Float64s(fr.Out(0))
	floats.Sub(y, value.Float64s(fr.Out(1)))
	floats.Scale(1/(large*s.step.h), y)
	e.slope = value.New(s.c.dtype, s.c.batch, s.c.dim)
	value.SetFloat64s(e.slope, y)
	return nil
}

// slopeWeights returns the derivatives of the weights of the dense output. They are
// polynomials, of which a difference of order 10 is the derivative if their degree
// is at most 10.
func (s *Solver) slopeWeights(theta float64) []float64 {
	const delta = 1. / 64
	n := s.traits.weights
	d, w := make([]float64, n), make([]float64, n)
	for k, c := range [...]float64{5. / 6, -5. / 21, 5. / 84, -5. / 504, 1. / 1260} {
		for _, sign := range [...]float64{1, -1} {
			s.method.denseWeights(theta+sign*float64(k+1)*delta, w)
			floats.AddScaled(d, sign*c/delta, w)
		}
	}
	return d
}

// eventGradients are the gradients of what an event depends on, nil where they are not
// wanted, and whether they are added to what is there.
type eventGradients struct {
	params, z       gorgonia.Value
	addParams, addZ bool
	context         []gorgonia.Value
	addContext      []bool
}

// pullback takes a cotangent of the event to what it depends on.
func (e *ending) pullback(c *compiled, cotangent float64, g eventGradients) error {
	cots := make([]gorgonia.Value, len(c.events.Outputs()))
	cots[e.index] = scalarValue(c.dtype, cotangent)
	var grads []gorgonia.Value
	var add []bool
	if c.solver.params() > 0 {
		grads, add = append(grads, g.params), append(add, g.addParams)
	}
	grads, add = append(grads, g.z, nil), append(add, g.addZ, false)
	for i := range c.given {
		if g.context == nil {
			grads, add = append(grads, nil), append(add, false)
		} else {
			grads, add = append(grads, g.context[i]), append(add, g.addContext[i])
		}
	}
	return e.events.Accumulate(cots, grads, add)
}

// accumulate takes the cotangents of the state at which the solve ended, which it
// overwrites, and of the time through the event and the dense output to the step.
func (e *ending) accumulate(w *saveReverse, z gorgonia.Value, t float64) error {
	ahead := t + dot(z, e.slope) // cotangent of the time
	g := eventGradients{z: z, addZ: true}
	if w.c.solver.params() > 0 {
		g.params, g.addParams = w.grads[0], w.add[0]
		w.add[0] = true
	}
	if f := w.fn.step; f.contexts > 0 {
		g.context = f.context(w.grads)
		added := w.add[f.index(f.in.context):][:f.contexts]
		g.addContext = slices.Clone(added)
		for i := range added {
			added[i] = true
		}
	}
	if err := e.pullback(w.c, -ahead/e.rate, g); err != nil {
		return err
	}
	return w.dense(e.frame, []gorgonia.Value{z})
}

func (e *ending) release() {
	e.frame.Release()
	if e.events != nil {
		e.events.Release()
	}
}

// dot returns Σ x_i y_i, in float64.
func dot(x, y gorgonia.Value) float64 { return floats.Dot(value.Float64s(x), value.Float64s(y)) }
