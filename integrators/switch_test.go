package integrators

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestSwitchRuns compares adaptive solves that change between Tsit5 and Rosenbrock23
// with an independent implementation: steps, evaluations and the times of change.
func TestSwitchRuns(t *testing.T) {
	for _, tt := range []struct {
		name               string
		f                  vectorField
		z0                 []float64
		t1, absTol, relTol float64
		band               float64 // of counts and times; 0 is exact
		nfe, accepted      int
		rejected           int
		end                []float64
		switches           []float64
	}{
		{"stiff cosine", fields["stiff cosine"], []float64{0}, 1.5, 1e-4, 1e-4, 0, 267, 44, 0, []float64{0.0906446701}, nil},
		{"van der Pol 5", vanDerPol(5), []float64{2, 0}, 10, 1e-5, 1e-5, 0, 531, 82, 6, []float64{-1.15869412, 0.430477287}, nil},
		{"van der Pol 100", vanDerPol(100), []float64{2, 0}, 200, 1e-5, 1e-5, 0.03, 1546, 311, 84, []float64{1.71869671, -0.00879563574},
			[]float64{0.165185, 79.571011, 81.398098, 160.993290, 162.822040}},
		{"Robertson", robertson, []float64{1, 0, 0}, 1e4, 1e-8, 1e-4, 0.03, 344, 122, 2, []float64{0.107263729, 4.79830866e-07, 0.892735791}, []float64{0.024291}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := NewSolver(Equation{Drift: tt.f.dynamics, T1: tt.t1}, AutoTsit5(Rosenbrock23), &Settings{AbsTol: tt.absTol, RelTol: tt.relTol, Record: true})
			if err != nil {
				t.Fatal(err)
			}
			sol, err := o.Predict(row(tt.z0...))
			if err != nil {
				t.Fatal(err)
			}
			near := func(what string, got, want, tol float64) {
				t.Helper()
				if math.Abs(got-want) > tol*math.Abs(want) {
					t.Errorf("%s %v, expected %v", what, got, want)
				}
			}
			near("NFE", float64(sol.NFE), float64(tt.nfe), tt.band)
			near("accepted", float64(sol.Accepted), float64(tt.accepted), tt.band)
			near("attempts", float64(sol.Accepted+sol.Rejected), float64(tt.accepted+tt.rejected), tt.band)
			for i, z := range value.Float64s(sol.Z) {
				near("end", z, tt.end[i], 1e-8+1e-2*tt.band)
			}
			if len(sol.Switches) != len(tt.switches) {
				t.Fatalf("switches %v, expected %v", sol.Switches, tt.switches)
			}
			for i, s := range sol.Switches {
				near("switch", s.T, tt.switches[i], tt.band)
				if s.Stiff != (i%2 == 0) {
					t.Errorf("switch %d is to the stiff method: %v", i, s.Stiff)
				}
			}
			stiff := 0
			for _, s := range sol.Steps {
				if s.Stiff && s.Accepted {
					stiff++
				}
			}
			if stiff != sol.Stiff || (stiff == 0) != (len(tt.switches) == 0) {
				t.Errorf("%d steps by the stiff method, %d recorded, %d switches", sol.Stiff, stiff, len(tt.switches))
			}
		})
	}
}

// TestSwitchOfNonStiff: an equation that is not stiff is solved as by the explicit
// method alone, bit for bit.
func TestSwitchOfNonStiff(t *testing.T) {
	solve := func(m Method) *Solution {
		o, err := NewSolver(Equation{Drift: vanDerPol(5).dynamics, T1: 10}, m, &Settings{AbsTol: 1e-6, RelTol: 1e-6, Record: true})
		if err != nil {
			t.Fatal(err)
		}
		sol, err := o.Predict(row(2, 0))
		if err != nil {
			t.Fatal(err)
		}
		return sol
	}
	want, got := solve(Tsit5), solve(AutoTsit5(Rodas5P))
	if !slices.Equal(got.Steps, want.Steps) || got.Stats != want.Stats || !slices.Equal(value.Float64s(got.Z), value.Float64s(want.Z)) {
		t.Errorf("%+v and %v, expected %+v and %v", got.Stats, got.Z, want.Stats, want.Z)
	}
}

// TestSwitchBeatsTsit5: where Robertson's kinetics are stiff, the switch takes far fewer
// evaluations than the explicit method.
func TestSwitchBeatsTsit5(t *testing.T) {
	nfe := map[Method]int{}
	methods := []Method{Tsit5, AutoTsit5(Rosenbrock23), AutoTsit5(Rodas5P)}
	for _, m := range methods {
		o, err := NewSolver(Equation{Drift: vectorField(robertson).dynamics, T1: 10}, m, &Settings{AbsTol: 1e-8, RelTol: 1e-4})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Predict(row(1, 0, 0)); err != nil {
			t.Fatal(err)
		}
		nfe[m] = o.Last().NFE
	}
	for _, m := range methods[1:] {
		t.Logf("%s takes %d evaluations, Tsit5 %d: %.0f times fewer", m.(*Switch).Name(), nfe[m], nfe[Tsit5], float64(nfe[Tsit5])/float64(nfe[m]))
		if nfe[m]*10 > nfe[Tsit5] {
			t.Errorf("%s takes %d evaluations, expected a tenth of the %d of Tsit5", m.(*Switch).Name(), nfe[m], nfe[Tsit5])
		}
	}
}

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
			obj, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
				z0, err := s.Param(start)
				if err != nil {
					return nil, err
				}
				return solveLoss(s, z0, o.Unroll)
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
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
		obj, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
			z0, err := s.Param(start)
			if err != nil {
				return nil, err
			}
			return solveLoss(s, z0, o.Unroll)
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
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

// TestSwitchStops starts anew at stop times in either method.
func TestSwitchStops(t *testing.T) {
	o, err := NewSolver(Equation{Drift: vanDerPol(100).dynamics, T1: 3}, AutoTsit5(Rodas5P),
		&Settings{AbsTol: 1e-8, RelTol: 1e-8, StopAt: []float64{0.001, 1, 2}, SaveAt: []float64{1, 1.5, 3}})
	if err != nil {
		t.Fatal(err)
	}
	sol, err := o.Predict(row(2, 0))
	if err != nil {
		t.Fatal(err)
	}
	exact, err := NewSolver(Equation{Drift: vanDerPol(100).dynamics, T1: 3}, Rodas5P, &Settings{AbsTol: 1e-11, RelTol: 1e-11, SaveAt: []float64{1, 1.5, 3}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := exact.Predict(row(2, 0))
	if err != nil {
		t.Fatal(err)
	}
	if sol.Stiff == 0 {
		t.Error("no stiff step: nothing tested")
	}
	for i, x := range value.Float64s(want.Z) {
		if got := value.Float64s(sol.Z)[i]; math.Abs(got-x) > 1e-6 {
			t.Errorf("entry %d is %v, expected %v", i, got, x)
		}
	}
}

// TestBadSwitches: methods that cannot switch, settings that do not fit, and dynamics
// with a kink, which are refused when the stiff method is needed.
func TestBadSwitches(t *testing.T) {
	field := vanDerPol(100).dynamics
	for mentions, m := range map[string]*Switch{
		"one of which is nil":       {},
		"estimate of stiffness and": {BS3, Rosenbrock23},
		"error estimate":            {RK4, Rosenbrock23},
	} {
		if _, err := NewSolver(Equation{Drift: field, T1: 1}, m, nil); err == nil || !strings.Contains(err.Error(), mentions) {
			t.Errorf("error %v, expected one of %q", err, mentions)
		}
	}
	if _, err := NewSolver(Equation{Drift: field, T1: 1}, AutoTsit5(Rodas5P), &Settings{FixedSteps: 3}); err == nil || !strings.Contains(err.Error(), "fixed steps") {
		t.Errorf("fixed steps: error %v", err)
	}
	kink := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		y, err := ops.Activate(ops.ReLU, z)
		if err != nil {
			return nil, err
		}
		return gorgonia.Add(gorgonia.Must(ops.LinComb([]ops.Term{{X: y, C: -1000}}, nil, nil)), gorgonia.NewConstant(500.0))
	}
	o, err := NewSolver(Equation{Drift: kink, T1: 1}, AutoTsit5(Rodas5P), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Predict(row(1)); !errors.Is(err, hazard.ErrNoSecondDerivative) {
		t.Errorf("a kink: error %v, expected ErrNoSecondDerivative", err)
	}
}
