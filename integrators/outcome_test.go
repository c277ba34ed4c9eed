package integrators

import (
	"context"
	stderrors "errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// TestObserve: the observer sees every attempt, as on record, and its error ends
// the solve there, in predictions, training and stochastic equations.
func TestObserve(t *testing.T) {
	for _, kind := range []string{"ODE", "SDE"} {
		p := graph.NewParams(tensor.Float64)
		param(t, p, "unused", []float64{1}, 1, 1)
		var seen []Step
		stop := math.MaxInt
		set := &Settings{Record: true, AbsTol: 1e-3, RelTol: 1e-3, Observe: func(s Step) error {
			seen = append(seen, s)
			if len(seen) >= stop {
				return context.Canceled
			}
			return nil
		}}
		var o *Solver
		if kind == "ODE" {
			ode, err := NewSolver(Equation{Drift: fields["stiff cosine"].dynamics, Params: p, T1: 1.5}, Tsit5, set)
			if err != nil {
				t.Fatal(err)
			}
			o = ode
		} else {
			sde, err := NewSolver(Equation{Drift: decay, Diffusion: decay, Params: p, T1: 0.1}, SOSRI, set)
			if err != nil {
				t.Fatal(err)
			}
			o = sde
		}
		sol, err := o.Predict(row(1))
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) != sol.Accepted+sol.Rejected || len(seen) < 4 {
			t.Fatalf("%s: %d attempts seen, %d on record", kind, len(seen), len(sol.Steps))
		}
		for i := range seen {
			if seen[i] != sol.Steps[i] {
				t.Errorf("%s: step %d seen as %+v, on record as %+v", kind, i, seen[i], sol.Steps[i])
			}
		}
		stop = 3
		check := func(way string, err error) {
			t.Helper()
			var f *Failure
			if !stderrors.Is(err, context.Canceled) || !stderrors.As(err, &f) || len(seen) != stop || f.Stats.Accepted+f.Stats.Rejected != stop {
				t.Errorf("%s, %s: error %v after %d attempts, expected one after %d", kind, way, err, len(seen), stop)
			}
			seen = nil
		}
		seen = nil
		_, err = o.Predict(row(1))
		check("Predict", err)
		obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			out, err := o.Unroll(s, in[0])
			if err != nil {
				return nil, err
			}
			return gorgonia.Sum(out[0])
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = obj.Evaluate(row(1))
		check("objective", err)
	}
}

// TestKeptStepsAreBounded: by default the steps of a solve that is kept for its
// reverse pass are few enough for a graph. A prediction goes on, and so does
// training with a bound of its own.
func TestKeptStepsAreBounded(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	param(t, p, "unused", []float64{1}, 1, 1)
	o, err := NewSolver(Equation{Drift: fields["stiff cosine"].dynamics, Params: p, T1: 700}, HeunEuler, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Predict(row(1)); err != nil || o.Last().Accepted <= maxKept {
		t.Fatalf("prediction: %v after %d steps, expected more than %v", err, o.Last().Accepted, maxKept)
	}
	_, err = objective(t, o, p).Evaluate(row(1))
	if !stderrors.Is(err, ErrMaxSteps) || o.Last().Accepted+o.Last().Rejected != maxKept {
		t.Errorf("training: %v after %d steps, expected %v after %v", err, o.Last().Accepted, ErrMaxSteps, maxKept)
	}
}

// TestPartial: on request a failure comes with the solution up to it.
func TestPartial(t *testing.T) {
	saveAt := []float64{0, 0.25, 0.5, 0.75, 1.5, 1.75}
	for _, partial := range []bool{false, true} {
		o, err := NewSolver(Equation{Drift: square, T1: 2}, Tsit5, &Settings{Partial: partial, AbsTol: 1e-9, RelTol: 1e-9, SaveAt: saveAt})
		if err != nil {
			t.Fatal(err)
		}
		sol, err := o.Predict(row(1))
		var f *Failure
		if !stderrors.As(err, &f) {
			t.Fatalf("error %v, expected a failure at the pole", err)
		}
		if !partial {
			if sol != nil {
				t.Errorf("solution %v, expected none", sol)
			}
			continue
		}
		if got, want := valuesOf(sol), []float64{1, 4. / 3, 2, 4}; sol.Saved != 4 || !floats.EqualApprox(got, want, 1e-6) {
			t.Errorf("%d states %v up to t = %v, expected 4, %v", sol.Saved, got, f.T, want)
		}
	}
	o, err := NewSolver(Equation{Drift: square, T1: 2}, Tsit5, &Settings{Partial: true, MaxSteps: 3})
	if err != nil {
		t.Fatal(err)
	}
	sol, err := o.Predict(row(1))
	var f *Failure
	if !stderrors.As(err, &f) {
		t.Fatal(err)
	}
	if got, want := valuesOf(sol)[0], 1/(1-f.T); math.Abs(got-want) > 1e-2*want || f.T == 0 {
		t.Errorf("state %v at t = %v, expected %v", got, f.T, want)
	}
	if sol, err = o.Predict(row(math.NaN())); err == nil || sol == nil {
		t.Errorf("%v, %v for an initial state NaN, expected a solution and an error", sol, err)
	}
}

// TestNonFiniteSaysWhat: the message of a failure names what was not finite.
func TestNonFiniteSaysWhat(t *testing.T) {
	net := func(w float64) (Dynamics, *graph.Params) {
		p := graph.NewParams(tensor.Float64)
		f := fusedNet(t, p, 1, 2)
		x := p.Float64s()
		x[p.Lookup("v").Offset] = w
		p.SetFloat64s(x)
		return f, p
	}
	infinite, p := net(math.Inf(1))
	for _, tt := range []struct {
		name string
		f    Dynamics
		p    *graph.Params
		z0   float64
		set  Settings
		says string
	}{
		{"state", decay, nil, math.NaN(), Settings{}, "the initial state"},
		{"field", undefined, nil, 2, Settings{}, "the right-hand side at a finite state"},
		{"field, with a first step", undefined, nil, 2, Settings{InitialStep: 0.1}, "the right-hand side at a finite state"},
		{"field, in fixed steps", undefined, nil, 2, Settings{FixedSteps: 9}, "the right-hand side at a finite state"},
		{"parameter", infinite, p, 1, Settings{}, `the parameter "v"`},
		{"step", square, nil, 1e200, Settings{FixedSteps: 2}, "right-hand side"},
		{"result of a step", square, nil, 1e150, Settings{FixedSteps: 1}, "the result of a step"},
	} {
		for _, m := range []*Tableau{Tsit5, Vern7} {
			o, err := NewSolver(Equation{Drift: tt.f, Params: tt.p, T1: 1}, m, &tt.set)
			if err != nil {
				t.Fatal(err)
			}
			_, err = o.Predict(row(tt.z0))
			if !stderrors.Is(err, ErrNonFinite) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s, %s: error %v, expected one with %q", tt.name, m.Name, err, tt.says)
			}
		}
	}
}

// TestExactZeroTolerance: a tolerance can be exactly zero.
func TestExactZeroTolerance(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, set := range []Settings{{AbsTol: Zero, RelTol: 1e-5}, {AbsTol: 1e-5, RelTol: Zero}} {
			set.Record = true
			o, err := NewSolver(Equation{Drift: decay, T1: 3}, Tsit5, &set)
			if err != nil {
				t.Fatal(err)
			}
			// With a relative tolerance alone steps do not depend on the scale.
			steps := map[float64]int{}
			for _, scale := range []float64{1, 1e-20} {
				sol, err := o.Predict(state(dt, scale))
				if err != nil {
					t.Fatalf("%v, %+v: %v", dt, set, err)
				}
				steps[scale] = sol.Accepted
			}
			if same := max(steps[1]-steps[1e-20], steps[1e-20]-steps[1]) <= 1; same != (set.AbsTol == Zero) {
				t.Errorf("%v: steps %v with tolerances %v and %v", dt, steps, set.AbsTol, set.RelTol)
			}
		}
	}
}
