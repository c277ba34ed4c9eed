package integrators

import (
	stderrors "errors"
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// rootDecay is z' = -√z, defined where z ≥ 0.
func rootDecay(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	r, err := gorgonia.Sqrt(z)
	if err != nil {
		return nil, err
	}
	return gorgonia.Neg(r)
}

// TestShortSpans: the smallest step is relative to the time span.
func TestShortSpans(t *testing.T) {
	for _, span := range []float64{1e-3, 1e-9, -1e-9, 1e-14, 1e-30} {
		for _, t0 := range []float64{0, 1} {
			t1 := t0 + span
			if t1 == t0 {
				continue
			}
			for _, m := range []*Tableau{Tsit5, Vern7, HeunEuler} {
				o, err := NewSolver(Equation{Drift: decay, T0: t0, T1: t1}, m, nil)
				if err != nil {
					t.Fatal(err)
				}
				sol, err := o.Predict(row(1))
				if err != nil {
					t.Errorf("%s from %v over %g: %v", m.Name, t0, span, err)
					continue
				}
				if z, want := value.Scalar(sol.Z), math.Exp(-(t1 - t0)); math.Abs(z-want) > 1e-9 {
					t.Errorf("%s over %g: %v, expected %v", m.Name, span, z, want)
				}
			}
			if span < 0 {
				continue
			}
			o, err := NewSolver(Equation{Drift: decay, Diffusion: decay, T0: t0, T1: t1}, SOSRI, nil)
			if err != nil {
				t.Fatal(err)
			}
			sol, err := o.Predict(row(1))
			if err != nil {
				t.Errorf("SOSRI from %v over %g: %v", t0, span, err)
				continue
			}
			if z := value.Scalar(sol.Z); math.Abs(z-1) > 6*math.Sqrt(span) {
				t.Errorf("SOSRI over %g: %v, expected 1 within six standard deviations", span, z)
			}
		}
	}
}

// TestForceMinStep: a smallest step is tried before it is refused; with
// ForceMinStep its error is accepted and counted.
func TestForceMinStep(t *testing.T) {
	stiff := fields["stiff cosine"].dynamics
	set := Settings{AbsTol: 1e-8, RelTol: 1e-8, MinStep: 0.01, Record: true}
	for _, force := range []bool{false, true} {
		set.ForceMinStep = force
		o, err := NewSolver(Equation{Drift: stiff, T1: 1.5}, Tsit5, &set)
		if err != nil {
			t.Fatal(err)
		}
		sol, err := o.Predict(row(0))
		last := o.Last()
		if !force {
			s := last.Steps[len(last.Steps)-1]
			if !stderrors.Is(err, ErrStepUnderflow) || math.Abs(s.H-0.01) > 1e-12 || s.Accepted || last.Forced != 0 {
				t.Errorf("error %v after %+v, expected an underflow after a step of 0.01", err, s)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		over := 0
		for _, s := range sol.Steps {
			if s.Accepted && s.E > 1 {
				over++
			}
		}
		if sol.Forced == 0 || sol.Forced != over {
			t.Errorf("%d forced steps, %d accepted with an error above 1", sol.Forced, over)
		}
		// z = (2500 cos t + 50 sin t)/2501 - 2500/2501·exp(-50 t)
		want := (2500*math.Cos(1.5) + 50*math.Sin(1.5)) / 2501
		if z := value.Scalar(sol.Z); math.Abs(z-want) > 1e-4 {
			t.Errorf("%v, expected %v", z, want)
		}
	}
}

// TestProbeShrinks: a field that is undefined where the probe ends is no reason to
// fail, in predictions, in training and in stochastic equations.
func TestProbeShrinks(t *testing.T) {
	const end = 1e-3
	want := []float64{math.Pow(1-end/2, 2), math.Pow(math.Sqrt(1e-5)-end/2, 2)}
	check := func(name string, z []float64, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		for i := range want {
			if math.Abs(z[i]-want[i]) > 1e-6 {
				t.Errorf("%s: %v, expected %v", name, z, want)
			}
		}
	}
	set := &Settings{AbsTol: 1e-7, RelTol: 1e-7}
	for _, m := range []*Tableau{Tsit5, DP5, BS3, Vern7, Dopri8} {
		p := graph.NewParams(tensor.Float64)
		param(t, p, "unused", []float64{1}, 1, 1)
		o, err := NewSolver(Equation{Drift: rootDecay, Params: p, T1: end}, m, set)
		if err != nil {
			t.Fatal(err)
		}
		sol, err := o.Predict(row(1, 1e-5))
		check(m.Name, valuesOf(sol), err)
		obj := objective(t, o, p)
		if _, err := obj.Evaluate(row(1, 1e-5)); err != nil {
			t.Errorf("%s in training: %v", m.Name, err)
		}
	}
	quiet := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.Mul(gorgonia.NewConstant(0.0), z)
	}
	for _, m := range []*SRI{SOSRI, SOSRI2, SRIW1} {
		o, err := NewSolver(Equation{Drift: rootDecay, Diffusion: quiet, T1: end}, m, &Settings{AbsTol: 1e-4, RelTol: 1e-4})
		if err != nil {
			t.Fatal(err)
		}
		sol, err := o.Predict(row(1, 1e-5))
		check(m.Name, valuesOf(sol), err)
	}
}

func valuesOf(sol *Solution) []float64 {
	if sol == nil {
		return nil
	}
	return value.Float64s(sol.Z)
}

// TestSettingsBoundTheSmallestStep: on a span of any length the steps are those that are
// set, and not lengthened to the default of MinStep.
func TestSettingsBoundTheSmallestStep(t *testing.T) {
	constant := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		n := e.shift(1, e.scale(0, z))
		return n, e.err
	}
	passes := Event{G: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s} // zero at z = 0.5 and 0.8
		z = e.entry(z, 0)
		n := e.mul(e.shift(-0.5, z), e.shift(-0.8, z))
		return n, e.err
	}}
	for _, span := range []float64{1, 1e6, 1e10, 1e12} {
		o, err := NewSolver(Equation{Drift: constant, T1: span}, Tsit5, &Settings{MaxStep: 0.1, Events: []Event{passes}})
		if err != nil {
			t.Fatal(err)
		}
		sol, err := o.Predict(row(0))
		if err != nil {
			t.Fatalf("span %g: %v", span, err)
		}
		if !(math.Abs(sol.T-0.5) < 1e-6) {
			t.Errorf("span %g: event at %v, expected at 0.5", span, sol.T)
		}
		o, err = NewSolver(Equation{Drift: constant, T1: span}, Tsit5, &Settings{InitialStep: 1e-3, Record: true})
		if err != nil {
			t.Fatal(err)
		}
		if sol, err = o.Predict(row(0)); err != nil {
			t.Fatalf("span %g: %v", span, err)
		}
		if h := sol.Steps[0].H; h != 1e-3 {
			t.Errorf("span %g: first step %v, expected 0.001", span, h)
		}
	}
}

// TestManyFixedSteps: as many are taken as are asked for, in a prediction as well.
func TestManyFixedSteps(t *testing.T) {
	const n = maxAttempts + 1
	o, err := NewSolver(Equation{Drift: decay, T1: 1}, Euler, &Settings{FixedSteps: n})
	if err != nil {
		t.Fatal(err)
	}
	if got := o.settings.attempts(false); got != n {
		t.Errorf("at most %d attempts, expected %d", got, int(n))
	}
}
