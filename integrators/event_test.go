package integrators

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// entry returns entry j of z (1, dim) as a scalar.
func (e *expr) entry(z *gorgonia.Node, j int) *gorgonia.Node {
	c := e.column(z, j)
	return e.apply(func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(n) }, c)
}

// level is the event at which entry j of z (1, dim) is x.
func level(j int, x float64, dir Direction) Event {
	return Event{Direction: dir, G: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		n := e.shift(-x, e.entry(z, j))
		return n, e.err
	}}
}

// timeIs is the event at which the time is t, raised to a power.
func timeIs(t float64, power int) Event {
	return Event{G: func(s *graph.Scope, _ *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		x := e.shift(-t, e.do(s.Time))
		n := x
		for range power - 1 {
			n = e.mul(n, x)
		}
		return n, e.err
	}}
}

// waves is z' = (cos t, 1), whose solution from (0, 0) is (sin t, t).
func waves(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	e := &expr{s: s}
	still := e.scale(0, e.column(z, 0))
	n := e.pair(e.add(still, e.apply(gorgonia.Cos, e.do(s.Time))), e.shift(1, still))
	return n, e.err
}

// TestEvents: which event ends a solve, and when.
func TestEvents(t *testing.T) {
	rising, falling := level(0, 0.5, Rising), level(0, 0.5, Falling)
	sixth := math.Pi / 6
	for _, tt := range []struct {
		name   string
		t0, t1 float64
		events []Event
		set    Settings
		event  int
		at     float64
	}{
		{"rising", 0, 10, []Event{rising}, Settings{}, 0, sixth},
		{"falling", 0, 10, []Event{falling}, Settings{}, 0, 5 * sixth},
		{"both", 0, 10, []Event{level(0, 0.5, Both)}, Settings{}, 0, sixth},
		{"backwards the directions are those of integration", 0, -10, []Event{level(0, 0.5, Falling), level(0, 0.5, Rising)}, Settings{}, 1, -7 * sixth},
		{"the first of two is the second", 0, 10, []Event{falling, rising}, Settings{}, 1, sixth},
		{"two in one step", 0, 10, []Event{level(1, 0.25, Both), level(1, 0.24, Both)}, Settings{FixedSteps: 10}, 1, 0.24},
		{"two in one step, close together", 0, 10, []Event{level(1, 0.25+1e-12, Both), level(1, 0.25, Both)}, Settings{FixedSteps: 10}, 1, 0.25},
		{"two at once are the one listed first", 0, 10, []Event{level(1, 0.25, Both), level(1, 0.25, Rising)}, Settings{FixedSteps: 10}, 0, 0.25},
		{"up and down within one step", 0, 10, []Event{level(0, 0.95, Both)}, Settings{FixedSteps: 2}, 0, -1}, // where the dense output has it
		{"one at the start does not count", 0, 10, []Event{level(0, 0, Both)}, Settings{}, 0, math.Pi},
		{"nor does it when it is left downwards", 0, -10, []Event{level(0, 0, Both)}, Settings{}, 0, -math.Pi},
		{"one at the end of a step", 0, 10, []Event{level(1, 4, Rising)}, Settings{FixedSteps: 10}, 0, 4},
		{"one at the end of the span", 0, 10, []Event{level(1, 10-1e-9, Rising)}, Settings{}, 0, 10 - 1e-9},
		{"one that is zero at the end of the span has no other sign", 0, 8, []Event{timeIs(8, 1)}, Settings{FixedSteps: 4}, -1, 8},
		{"one that is past the end", 0, 10, []Event{level(1, 10.5, Both)}, Settings{}, -1, 10},
		{"one that touches zero without another sign", 0, 10, []Event{level(0, 1, Both)}, Settings{MaxStep: 0.1}, -1, 10},
		{"one that grazes zero, between two looks", 0, 3, []Event{level(0, 1-1e-4, Both)}, Settings{FixedSteps: 3}, -1, 3},
		{"one that grazes zero, with more looks", 0, 3, []Event{level(0, 1-1e-4, Both)}, Settings{MaxStep: 0.01}, 0, math.Asin(1 - 1e-4)},
		{"one that touches zero where it is looked for", 0, 10, []Event{timeIs(5, 2)}, Settings{FixedSteps: 10}, -1, 10},
		{"one that goes through zero with a slope of zero", 0, 10, []Event{timeIs(5, 3)}, Settings{FixedSteps: 3}, 0, 5},
		{"a jump", 0, 10, []Event{{G: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
			e := &expr{s: s}
			n := e.shift(-0.5, e.do(func() (*gorgonia.Node, error) { return gorgonia.Gt(e.do(s.Time), gorgonia.NewConstant(3.0), true) }))
			return n, e.err
		}}}, Settings{}, 0, 3},
		{"time from an origin", 0, 10, []Event{timeIs(1, 1)}, Settings{TimeOrigin: 3}, 0, 4},
		{"an infinite span", 0, math.Inf(1), []Event{level(1, 30, Rising)}, Settings{RequireEvent: true}, 0, 30},
		{"an infinite span backwards", 0, math.Inf(-1), []Event{level(1, -30, Falling)}, Settings{RequireEvent: true}, 0, -30},
		{"a stop time before", 0, 10, []Event{falling}, Settings{StopAt: []float64{1, 2}}, 0, 5 * sixth},
		{"a stop time in the same place", 0, 10, []Event{level(1, 2, Both)}, Settings{StopAt: []float64{2}}, 0, 2},
	} {
		tt.set.Events, tt.set.AbsTol, tt.set.RelTol = tt.events, 1e-11, 1e-11
		o, err := NewSolver(Equation{Drift: waves, T0: tt.t0, T1: tt.t1}, Tsit5, &tt.set)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		sol, err := o.Predict(row(math.Sin(tt.t0), tt.t0))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if sol.Event != tt.event {
			t.Errorf("%s: event %d at %v, expected %d", tt.name, sol.Event, sol.T, tt.event)
		}
		if tt.at != -1 && math.Abs(sol.T-tt.at) > 1e-9*(1+math.Abs(tt.at)) {
			t.Errorf("%s: ended at %v, expected %v", tt.name, sol.T, tt.at)
		}
		z := value.Float64s(sol.Z)
		if tt.set.FixedSteps == 0 && tt.set.TimeOrigin == 0 && math.Abs(z[0]-math.Sin(sol.T)) > 1e-9 || math.Abs(z[1]-sol.T) > 1e-9*(1+math.Abs(sol.T)) {
			t.Errorf("%s: state %v at %v", tt.name, z, sol.T)
		}
	}
}
