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

// wave is z' = 2π cos 2πt.
func wave(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	e := &expr{s: s}
	c := e.scale(2*math.Pi, e.apply(gorgonia.Cos, e.scale(2*math.Pi, e.do(s.Time))))
	n := e.add(e.scale(0, z), e.times(c, e.shift(1, e.scale(0, z))))
	return n, e.err
}

// state returns the state (1, 1) of an element type.
func state(dt tensor.Dtype, x float64) *tensor.Dense {
	z := tensor.New(tensor.Of(dt), tensor.WithShape(1, 1))
	value.SetFloat64s(z, []float64{x})
	return z
}

// TestLargeTimes: the sizes of steps are those between the times that they go
// from and to, so that a solution does not depend on where time begins; dynamics
// that depend on time see it from an origin.
func TestLargeTimes(t *testing.T) {
	for _, t0 := range []float64{0, 1.7e9, -1.7e9, 1.7e12} {
		for _, m := range []*Tableau{Tsit5, DP5, Vern7, Dopri8} {
			for _, set := range []Settings{{AbsTol: 1e-11, RelTol: 1e-11}, {FixedSteps: 300}} {
				o, err := NewSolver(Equation{Drift: decay, T0: t0, T1: t0 + 2}, m, &set)
				if err != nil {
					t.Fatal(err)
				}
				sol, err := o.Predict(row(1))
				if err != nil {
					t.Fatalf("%s from %g: %v", m.Name, t0, err)
				}
				if z := value.Scalar(sol.Z); math.Abs(z-math.Exp(-2)) > 1e-10 {
					t.Errorf("%s from %g: error %v, expected at most 1e-10", m.Name, t0, z-math.Exp(-2))
				}
			}
			for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
				o, err := NewSolver(Equation{Drift: wave, T0: t0, T1: t0 + 1.25}, m, &Settings{AbsTol: 1e-5, RelTol: 1e-5, TimeOrigin: t0})
				if err != nil {
					t.Fatal(err)
				}
				sol, err := o.Predict(state(dt, 0))
				if err != nil {
					t.Fatalf("%s from %g: %v", m.Name, t0, err)
				}
				if z := value.Scalar(sol.Z); math.Abs(z-1) > 1e-4 {
					t.Errorf("%s from %g with an origin, %v: %v, expected 1", m.Name, t0, dt, z)
				}
			}
		}
	}
}

// TestCoarseTimes: dynamics that depend on time are not solved with times that
// they cannot tell apart; those that do not are.
func TestCoarseTimes(t *testing.T) {
	for _, tt := range []struct {
		f      Dynamics
		dt     tensor.Dtype
		t0     float64
		set    Settings
		coarse bool
	}{
		{wave, tensor.Float32, 1e6, Settings{}, true},
		{wave, tensor.Float32, 1e6, Settings{FixedSteps: 50}, true},
		{wave, tensor.Float32, 1e9, Settings{}, true},
		{wave, tensor.Float32, 1.7e12, Settings{InitialStep: 0.1}, true},
		{wave, tensor.Float32, 1e6, Settings{InitialStep: 0.1}, true},
		{wave, tensor.Float32, 100, Settings{}, false},
		{wave, tensor.Float32, 100, Settings{InitialStep: 1e-7}, false},
		{wave, tensor.Float64, 1e6, Settings{}, false},
		{wave, tensor.Float64, 1e15, Settings{}, true},
		{decay, tensor.Float32, 1e6, Settings{}, false},
	} {
		o, err := NewSolver(Equation{Drift: tt.f, T0: tt.t0, T1: tt.t0 + 1}, Tsit5, &tt.set)
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.Predict(state(tt.dt, 1))
		var f *Failure
		if tt.coarse && !(stderrors.Is(err, ErrTimeResolution) && stderrors.As(err, &f)) || !tt.coarse && err != nil {
			t.Errorf("%v from %g with %+v: error %v, expected one: %v", tt.dt, tt.t0, tt.set, err, tt.coarse)
		}
	}
}
