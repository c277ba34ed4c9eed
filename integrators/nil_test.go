package integrators

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// TestNil calls the exported functions with nil where there should be something.
// The error names what is missing; none panics.
func TestNil(t *testing.T) {
	field := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return z, nil }
	nothing := func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { return nil, nil }
	s := graph.NewScope(gorgonia.NewGraph(), nil)
	z := gorgonia.NewMatrix(s.Graph(), tensor.Float64, gorgonia.WithShape(1, 2), gorgonia.WithName("z"))
	ode, err := NewSolver(Equation{Drift: field, T1: 1}, Tsit5, nil)
	if err != nil {
		t.Fatal(err)
	}
	sde, err := NewSolver(Equation{Drift: field, Diffusion: field, T1: 1}, SOSRI, nil)
	if err != nil {
		t.Fatal(err)
	}
	empty, err := NewSolver(Equation{Drift: nothing, T1: 1}, Tsit5, nil)
	if err != nil {
		t.Fatal(err)
	}
	second := func(_ any, err error) error { return err }
	for _, tt := range []struct {
		name     string
		err      error
		mentions string
	}{
		{"ODE without a method", second(NewSolver(Equation{Drift: field, T1: 1}, nil, nil)), "method"},
		{"ODE without dynamics", second(NewSolver(Equation{Drift: nil, T1: 1}, Tsit5, nil)), "dynamics"},
		{"SDE without a method", second(NewSolver(Equation{Drift: field, Diffusion: field, T1: 1}, nil, nil)), "method"},
		{"SDE without a drift", second(NewSolver(Equation{Drift: nil, Diffusion: field, T1: 1}, SOSRI, nil)), "drift"},
		{"SDE without a diffusion", second(NewSolver(Equation{Drift: field, T1: 1}, SOSRI, nil)), "diffusion"},
		{"prediction of an ODE", second(ode.Predict(nil)), "no initial state"},
		{"prediction of an SDE", second(sde.Predict(nil)), "no initial state"},
		{"dynamics that return nothing", second(empty.Predict(row(1, 2))), "to nothing"},
		{"Unroll without a scope", second(ode.Unroll(nil, z)), "scope is nil"},
		{"Unroll without a state", second(ode.Unroll(s, nil)), "argument 0 is nil"},
		{"Expand without a scope", second(ode.Expand(nil, z)), "scope is nil"},
		{"Expand without a state", second(sde.Expand(s, nil)), "initial state"},
		{"Expand without a value", second(ode.Expand(s, z)), "initial state"},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.mentions) {
			t.Errorf("%s: error %v, expected one that mentions %q", tt.name, tt.err, tt.mentions)
		}
	}
	if _, err := (*Noise)(nil).Sample(1, 1, 0, 1); err != nil {
		t.Errorf("noise by default: %v", err)
	}
	if err := ode.SetSaveAt(nil); err != nil {
		t.Errorf("no save times: %v", err)
	}
}
