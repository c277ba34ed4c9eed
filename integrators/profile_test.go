package integrators

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/profile"
	"github.com/regnde/regnde/graph/profile/profiletest"
	"github.com/regnde/regnde/graph/value"
)

// A solve has its own label in the pass that it is part of.
func TestLabelOfSolve(t *testing.T) {
	var labels string
	p := graph.NewParams(tensor.Float64)
	start, err := p.Add("z0", nil, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	decay := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Neg(z) }
	solver, err := NewSolver(Equation{Drift: decay, T1: 1, Params: p}, Tsit5, &Settings{Observe: func(Step) error {
		if labels == "" {
			labels = profiletest.Labels(t)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	o := objectiveFrom(t, p, start, solver.Unroll)
	predictor, err := graph.NewPredictor(nil, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return solver.Unroll(s, in[0]) }, nil)
	if err != nil {
		t.Fatal(err)
	}
	z := value.New(tensor.Float64, 1, 2)
	profile.Label(t.Context())
	defer profile.Unlabel()
	for name, solve := range map[string]func() error{
		"objective": func() error { _, err := o.Evaluate(); return err },
		"predictor": func() error { _, err := predictor.Predict(t.Context(), z); return err },
		"solver":    func() error { _, err := solver.Predict(z); return err },
	} {
		for range 2 { // in a new graph, and in one of the cache
			labels = ""
			if err := solve(); err != nil {
				t.Fatal(err)
			}
			if want := `"phase":"solve"`; labels != want {
				t.Errorf("%s: labels %s, expected %s", name, labels, want)
			}
			if got := profiletest.Labels(t); got != "" {
				t.Errorf("%s: labels %s afterwards, expected none", name, got)
			}
		}
	}
}
