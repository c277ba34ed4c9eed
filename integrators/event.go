package integrators

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// Event ends the solve of an ordinary equation where a function g of state and time
// changes its sign: a ball hits the floor, a reaction is half done.
//
// Its sign is compared, at the end of every step and at ten times within, with the last
// that was not zero. So a g that is zero at the start counts from the sign that it takes
// then, and one that touches zero, or is back before the next look, is no event;
// Settings.MaxStep bounds the steps. The time is then found on the dense output, to the
// spacing of times, on the far side of the zero.
type Event struct {
	// G adds g(z, t) for the whole state z (batch, dim), a scalar of the same element
	// type, to the graph of s. The time is s.Time(), as dynamics see it. It must be finite
	// wherever it is looked at, which is somewhat past the event as well. In training its
	// part that depends on time has to be differentiable twice.
	G func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error)
	// Direction says which changes of sign count; Both if zero.
	Direction Direction
}

// Direction is that of the change of sign of an event, in the order of integration.
type Direction int8

// The directions.
const (
	Both    Direction = 0
	Rising  Direction = 1  // from negative to positive
	Falling Direction = -1 // from positive to negative
)

// EventTime is the key under which a layer records the time at which its solve
// ended, see Solver.Unroll, if its solver has Settings.Events.
const EventTime eventKey = "time of the event"

type eventKey string

// check fails unless the i-th event can be looked for.
func (e Event) check(i int) error {
	switch {
	case e.G == nil:
		return errors.Errorf("event %d without a function", i)
	case e.Direction < Falling || e.Direction > Rising:
		return errors.Errorf("event %d of direction %d, expected Both, Rising or Falling", i, e.Direction)
	}
	return nil
}

// event adds the value of the i-th event at z.
func (s *Solver) event(sc *graph.Scope, i int, z *gorgonia.Node) (*gorgonia.Node, error) {
	g, err := s.settings.Events[i].G(sc, z)
	switch {
	case err != nil:
	case g == nil:
		err = errors.Errorf("it maps %v to nothing, expected a scalar", z.Shape())
	case g.Dtype() != z.Dtype() || len(g.Shape()) != 0:
		err = errors.Errorf("it maps %v of %v to %v of %v, expected a scalar of the same element type", z.Shape(), z.Dtype(), g.Shape(), g.Dtype())
	}
	return g, errors.Wrapf(err, "event %d", i)
}

// eventFunction evaluates all events of a solver at one state and time.
type eventFunction struct {
	*graph.Function
	in    struct{ z, t, context slot }
	rates []eventRate // of each event; the values of the events come before them

	looks []float64 // fractions of a step at which events are looked for
	// What a solve found where it looked last.
	values, next []float64
	signs        []Direction // the signs of the last values that were not zero, Both if all were
}

// eventRate is the derivative of an event by the time, at a fixed state.
type eventRate struct {
	at     slot  // none if the event does not depend on time
	absent error // reason why there is no derivative, nil if there is one
}

func (c *compiled) compileEvents() (err error) {
	n := len(c.solver.settings.Events)
	f := &eventFunction{values: make([]float64, n), next: make([]float64, n), signs: make([]Direction, n), rates: make([]eventRate, n)}
	for j := range looks {
		f.looks = append(f.looks, float64(j+1)/(looks+1))
	}
	var in inputs
	f.in.z = in.add(c.state("z"))
	f.in.t = in.add(graph.Spec{Name: "t", Dtype: c.dtype, Data: true})
	f.in.context = in.add(c.given...)
	f.Function, err = c.solver.newFunction("events", c.solver.equation.Params, in,
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			sc = c.within(sc, in, f.in.context)
			now := make([]*graph.Scope, n)
			var out results
			for i := range n {
				now[i] = sc.At(in[f.in.t])
				g, err := c.solver.event(now[i], i, in[f.in.z])
				if err != nil {
					return nil, err
				}
				out.add(g)
			}
			for i := range n {
				if f.rates[i] = (eventRate{at: none}); now[i].Timed() {
					rate, err := partialByTime(sc, out[i], in[f.in.t])
					f.rates[i] = eventRate{out.add(rate), errors.Wrapf(err, "derivative of event %d by time", i)}
				}
			}
			return gorgonia.Nodes(out), nil
		})
	c.events = f
	return err
}

// partialByTime adds the derivative of a scalar by the time.
func partialByTime(sc *graph.Scope, g, t *gorgonia.Node) (*gorgonia.Node, error) {
	one, err := sc.Data(scalarValue(g.Dtype(), 1))
	if err != nil {
		return nil, err
	}
	d, err := sc.VJP(g, one, t)
	if err != nil {
		return nil, err
	}
	return d[0], nil
}

// scalarValue returns a number as a value.
func scalarValue(dt tensor.Dtype, x float64) gorgonia.Value {
	v := value.New(dt)
	value.SetScalar(v, x)
	return v
}

// events computes the events at a state and a time after t, from where a step is, in a
// frame, and writes their values to g.
func (r *solve) events(fr *graph.Frame, z gorgonia.Value, t, after float64, g []float64) error {
	f, c := r.c.events, r.clockAt(t)
	if err := fr.Set(int(f.in.z), z); err != nil {
		return err
	}
	if err := setAll(fr, f.in.context, r.from.context); err != nil {
		return err
	}
	fr.SetScalar(int(f.in.t), c.seen(after, r.c.dtype))
	if err := fr.Forward(); err != nil {
		return err
	}
	for i := range g {
		if g[i] = fr.Scalar(i); !finite(g[i]) {
			return &Failure{Reason: ErrNonFinite, What: fmt.Sprintf("event %d, which is %v at t = %g,", i, g[i], t+after), T: t, H: r.triedStep}
		}
	}
	return nil
}

// counts reports whether going from one sign to another, of which none is zero before
// anything was seen, is the event.
func (e Event) counts(from, to Direction) bool {
	return from*to < 0 && (e.Direction == Both || e.Direction == to)
}

// sign returns the direction from zero to x, Both for zero.
func sign(x float64) Direction {
	switch {
	case x > 0:
		return Rising
	case x < 0:
		return Falling
	}
	return Both
}
