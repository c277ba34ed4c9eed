package integrators

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

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

// TestSwitchLimits: a solve ends by its context and by its evaluations after a change of
// method as before it.
func TestSwitchLimits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, tt := range []struct {
		limits limits
		after  func() // called after steps of the stiff method
		reason error
	}{
		{limits{counted: true, evaluations: 200}, func() {}, ErrMaxEvaluations},
		{limits{ctx: ctx}, cancel, context.Canceled},
	} {
		stiff := false
		o, err := NewSolver(Equation{Drift: vectorField(robertson).dynamics, T1: 1e4}, AutoTsit5(Rosenbrock23), &Settings{
			AbsTol: 1e-8, RelTol: 1e-4, Observe: func(s Step) error {
				if stiff = s.Stiff; stiff {
					tt.after()
				}
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		o.limits = tt.limits
		_, err = o.Predict(row(1, 0, 0))
		var f *Failure
		if !errors.Is(err, tt.reason) || !errors.As(err, &f) {
			t.Errorf("error %v, expected a failure of reason %v", err, tt.reason)
			continue
		}
		if !stiff || f.Stats.NFE > 200 {
			t.Errorf("%v after %+v, expected it after the change of method and at most 200 evaluations", tt.reason, f.Stats)
		}
	}
}
