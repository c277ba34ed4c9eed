package integrators

import (
	"fmt"

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
	if err := e.pullback(s.c, 1, nil, false, partial, false); err != nil {
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

// pullback takes a cotangent of the event to the parameters, nil if they are not
// wanted, and the state: it sets their gradients or, where that is asked for, adds to
// them.
func (e *ending) pullback(c *compiled, cotangent float64, params gorgonia.Value, addParams bool, z gorgonia.Value, addZ bool) error {
	f := c.events
	cots := make([]gorgonia.Value, len(f.Outputs()))
	cots[e.index] = scalarValue(c.dtype, cotangent)
	grads, add := []gorgonia.Value{z, nil}, []bool{addZ, false}
	if c.solver.params() > 0 {
		grads, add = append([]gorgonia.Value{params}, grads...), append([]bool{addParams}, add...)
	}
	return e.events.Accumulate(cots, grads, add)
}

// accumulate takes the cotangents of the state at which the solve ended, which it
// overwrites, and of the time through the event and the dense output to the step.
func (e *ending) accumulate(w *saveReverse, z gorgonia.Value, t float64) error {
	ahead := t + dot(z, e.slope) // cotangent of the time
	var params gorgonia.Value
	added := false
	if w.c.solver.params() > 0 {
		params, added = w.grads[0], w.add[0]
		w.add[0] = true
	}
	if err := e.pullback(w.c, -ahead/e.rate, params, added, z, true); err != nil {
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
