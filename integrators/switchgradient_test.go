package integrators

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// vanDerPolOf is the oscillator of Van der Pol whose μ is a parameter.
func vanDerPolOf(mu *graph.Param) Dynamics {
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		x, v, c := e.column(z, 0), e.column(z, 1), e.do(func() (*gorgonia.Node, error) { return s.Param(mu) })
		n := e.pair(v, e.add(e.mul(c, e.add(v, e.scale(-1, e.mul(x, e.mul(x, v))))), e.scale(-1, x)))
		return n, e.err
	}
}

// TestSwitchGradients compares the gradient by a parameter and by the initial state of a
// loss of states, R_E and R_S with differences, over steps of one size of which the
// first are explicit and the others stiff. The modes agree, Store and Checkpoint bit
// for bit.
func TestSwitchGradients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, m := range []*Switch{AutoTsit5(Rosenbrock23), AutoTsit5(Rodas5P)} {
		var stored []float64
		for _, set := range []Settings{{}, {Memory: Checkpoint}, {Mode: Inline}} {
			set.AbsTol, set.RelTol, set.InitialStep, set.MaxStep = 1, Zero, 3.3/90, 3.3/90
			set.Controller = &Controller{Kind: IControl} // which lets all steps grow to the largest
			set.SaveAt = []float64{0.1, 0.35, 0.6, 1.05, 1.09}
			set.Regularizers = []Regularizer{{Term: Error}, {Term: Stiffness}}
			p := graph.NewParams(tensor.Float64)
			mu := param(t, p, "mu", []float64{30}, 1, 1)
			start := param(t, p, "z0", []float64{2, 0}, 1, 2)
			o, err := NewSolver(Equation{Drift: vanDerPolOf(mu), Params: p, T1: 1.09}, m, &set)
			if err != nil {
				t.Fatal(err)
			}
			obj := objectiveFrom(t, p, start, o.Unroll)
			_, g, err := evaluate(obj, p)
			if err != nil {
				t.Fatal(err)
			}
			last, got := o.Last(), value.Float64s(g)
			if last.Stiff == 0 || last.Stiff == last.Accepted || last.Rejected > 0 {
				t.Fatalf("%d of %d steps stiff, %d rejected, expected some of each method and none rejected", last.Stiff, last.Accepted, last.Rejected)
			}
			switch {
			case stored == nil:
				stored = got
			case set.Memory == Checkpoint && !slices.Equal(got, stored):
				t.Errorf("%s: Checkpoint gives %v, Store %v", m.Name(), got, stored)
			}
			w := p.Vector().Float64s()
			for i, x := range w {
				const h = 1e-4
				at := func(k float64) float64 {
					w[i] = x + k*h
					l, err := obj.Evaluate()
					if err != nil {
						t.Fatal(err)
					}
					return l
				}
				want := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * h)
				w[i] = x
				if math.Abs(got[i]-want) > 1e-6*(1+math.Abs(want)) {
					t.Errorf("%s, mode %d, memory %d: gradient[%d] = %v, difference %v", m.Name(), set.Mode, set.Memory, i, got[i], want)
				}
			}
		}
	}
}

// TestSwitchTrains: losses whose solves change method at other times each, from one
// evaluation to the next, in graphs of the cache and new ones, are those of a solver
// that has seen no other.
func TestSwitchTrains(t *testing.T) {
	for _, events := range [][]Event{nil, {level(0, 1.99, Falling), level(0, 2.295, Both)}} {
		testSwitchTrains(t, events)
	}
}

func testSwitchTrains(t *testing.T, events []Event) {
	p := graph.NewParams(tensor.Float64)
	start := param(t, p, "z0", []float64{2, 0}, 1, 2)
	objective := func() (*Solver, *graph.Objective) {
		o, err := NewSolver(Equation{Drift: vanDerPol(100).dynamics, Params: p, T1: 3}, AutoTsit5(Rosenbrock23),
			&Settings{AbsTol: 1e-4, RelTol: 1e-4, SaveAt: []float64{0.01, 0.5, 2, 3}, Regularizers: everyRegularizer, Events: events})
		if err != nil {
			t.Fatal(err)
		}
		obj := objectiveFrom(t, p, start, o.Unroll)
		return o, obj
	}
	o, used := objective()
	forms, ends := map[int]bool{}, map[int]bool{}
	for i := range 12 {
		p.SetFloat64s([]float64{2 + 0.1*float64(i%4), 0.3 * float64(i%3)})
		loss, g, err := evaluate(used, p)
		if err != nil {
			t.Fatal(err)
		}
		got := append(value.Float64s(g), loss)
		forms[o.Last().Stiff] = true
		_, fresh := objective()
		if loss, g, err = evaluate(fresh, p); err != nil {
			t.Fatal(err)
		}
		if want := append(value.Float64s(g), loss); !slices.Equal(got, want) {
			t.Errorf("evaluation %d gives %v, a solver of its own %v", i, got, want)
		}
		ends[o.Last().Event] = true
	}
	if len(ends) < 1+len(events) {
		t.Errorf("all solves end at %v: nothing tested", ends)
	}
	if len(forms) < 2 {
		t.Errorf("all solves have %v stiff steps: nothing tested", forms)
	}
}
