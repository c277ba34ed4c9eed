package integrators

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// TestSwitchFindsEvents: whichever method of a Switch takes the step, an event in it ends
// the solve, where it ends that of a stiff method at a tighter tolerance.
func TestSwitchFindsEvents(t *testing.T) {
	for _, tt := range []struct {
		name  string
		event Event
		stiff []bool // the methods changed to before
	}{
		{"before the first change", timeIs(0.1, 1), nil},
		{"in a stiff run", level(0, 1.5, Falling), []bool{true}},
		{"in the explicit run after it", level(0, 0, Falling), []bool{true, false}},
		{"in the second stiff run", level(0, -1.5, Rising), []bool{true, false, true}},
		{"a sign from before all of them", level(0, 2, Rising), []bool{true, false, true, false}},
	} {
		solve := func(m Method, tol float64) *Solution {
			o, err := NewSolver(Equation{Drift: vanDerPol(100).dynamics, T1: math.Inf(1)}, m,
				&Settings{AbsTol: tol, RelTol: tol, Events: []Event{level(0, 5, Both), tt.event}, RequireEvent: true, SaveAt: []float64{0.05, 300}})
			if err != nil {
				t.Fatal(err)
			}
			sol, err := o.Predict(row(2, 0))
			if err != nil {
				t.Fatalf("%s, %s: %v", tt.name, m.traits().name, err)
			}
			return sol
		}
		want := solve(Rodas5P, 1e-10)
		for _, stiff := range stiffMethods {
			got := solve(AutoTsit5(stiff), 1e-6)
			if got.Event != 1 || math.Abs(got.T-want.T) > 2e-4*want.T || !floats.EqualApprox(value.Float64s(got.Z), value.Float64s(want.Z), 1e-2) {
				t.Errorf("%s, %s: event %d at %v in %v, expected 1 at %v in %v", tt.name, stiff.Name, got.Event, got.T, got.Z, want.T, want.Z)
			}
			var changes []bool
			for _, s := range got.Switches {
				changes = append(changes, s.Stiff)
			}
			if !slices.Equal(changes, tt.stiff) {
				t.Errorf("%s, %s: changes %v, expected %v", tt.name, stiff.Name, got.Switches, tt.stiff)
			}
		}
	}
}

// TestSwitchEventGradients compares the gradient of state, saved states, time of the event
// and regularizers of a solve with a Switch across the ways to run it, and with
// differences over steps of one size, for events before the change to the stiff method,
// in the first step after it, and later.
func TestSwitchEventGradients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const h = 3.3 / 90
	set := Settings{AbsTol: 1, RelTol: Zero, InitialStep: h, MaxStep: h,
		Controller: &Controller{Kind: IControl}} // which lets all steps grow to the largest
	for _, m := range []*Switch{AutoTsit5(Rosenbrock23), AutoTsit5(Rodas5P)} {
		o, err := NewSolver(Equation{Drift: vanDerPol(30).dynamics, T1: 1}, m, &set)
		if err != nil {
			t.Fatal(err)
		}
		sol, err := o.Predict(row(2, 0))
		if err != nil {
			t.Fatal(err)
		}
		for stiff, after := range []float64{-0.4, 0.05, 1.7} { // steps
			name := fmt.Sprintf("%s, %d stiff steps", m.Name(), stiff)
			p := graph.NewParams(tensor.Float64)
			mu := param(t, p, "mu", []float64{30}, 1, 1)
			start := param(t, p, "z0", []float64{2, 0}, 1, 2)
			late := param(t, p, "late", []float64{sol.Switches[0].T + after*h}, 1, 1)
			var want, differences []float64
			everyMode(func(mode Mode, memory Memory) {
				set := set
				set.Mode, set.Memory = mode, memory
				set.Events, set.RequireEvent = []Event{never(), lateEvent(late)}, true
				set.SaveAt = []float64{0.1, 0.4, 1}
				set.Regularizers = []Regularizer{{Term: Error}, {Term: Stiffness}}
				o, err := NewSolver(Equation{Drift: vanDerPolOf(mu), Params: p, T1: 1}, m, &set)
				if err != nil {
					t.Fatal(err)
				}
				obj := objectiveFrom(t, p, start, o.Unroll)
				_, grad, err := evaluate(obj, p)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if last := o.Last(); last.Stiff != stiff || last.Event != 1 {
					t.Fatalf("%s: %d stiff steps until event %d", name, last.Stiff, last.Event)
				}
				got := value.Float64s(grad)
				if want == nil {
					want, differences = got, wholeDifferences(t, obj, p)
				}
				if memory == Checkpoint && !slices.Equal(got, want) {
					t.Errorf("%s: gradient %v in checkpoints, %v stored", name, got, want)
				}
				if !floats.EqualApprox(got, want, 1e-10) {
					t.Errorf("%s: gradient %v in mode %d, %v in the first", name, got, mode, want)
				}
			})
			for i, d := range differences {
				if math.Abs(d-want[i]) > 1e-6*(1+math.Abs(d)) {
					t.Errorf("%s: derivative %d is %v, the difference %v", name, i, want[i], d)
				}
			}
		}
	}
}

// lateEvent is the event at which t + 0.03(x - 2) is a parameter, x being the first
// column of a state (1, 2).
func lateEvent(late *graph.Param) Event {
	return Event{G: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		at := e.entry(e.do(func() (*gorgonia.Node, error) { return s.Param(late) }), 0)
		n := e.add(e.add(e.do(s.Time), e.scale(0.03, e.shift(-2, e.entry(z, 0)))), e.scale(-1, at))
		return n, e.err
	}}
}
