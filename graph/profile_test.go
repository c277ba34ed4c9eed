package graph_test

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/profile"
	"github.com/regnde/regnde/graph/profile/profiletest"
	"github.com/regnde/regnde/graph/value"
)

// The operations of a forward pass run under the label of it, those of a reverse pass
// under another.
func TestLabelsOfPasses(t *testing.T) {
	var forward, reverse string
	identity := func(id int, labels *string) userOp {
		return userOp{id: id, hash: uint32(id), do: func(in []gorgonia.Value) (gorgonia.Value, error) {
			*labels = profiletest.Labels(t)
			return in[0], nil
		}}
	}
	backwards := identity(11, &reverse)
	op := &ownDerivative{
		userOp: identity(10, &forward),
		grad:   func(g *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.ApplyOp(&backwards, g) },
	}

	p := graph.NewParams(tensor.Float64)
	if _, err := p.Add("w", nil, 2, 2); err != nil {
		t.Fatal(err)
	}
	sum := func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		w, err := gorgonia.Reshape(s.Theta(), tensor.Shape{2, 2})
		if err != nil {
			return nil, err
		}
		y, err := gorgonia.ApplyOp(op, w)
		if err != nil {
			return nil, err
		}
		return gorgonia.Sum(y)
	}
	o, err := graph.NewObjective(p, sum, nil)
	if err != nil {
		t.Fatal(err)
	}
	predictor, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := sum(s, in)
		return gorgonia.Nodes{y}, err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	evaluate := func() {
		t.Helper()
		if _, err := o.Evaluate(value.New(tensor.Float64)); err != nil {
			t.Fatal(err)
		}
	}

	evaluate()
	if forward != "" || reverse != "" {
		t.Errorf("labels %s and %s, expected none unless asked for", forward, reverse)
	}
	profile.Label(t.Context())
	defer profile.Unlabel()
	for range 2 { // in a new graph, and in one of the cache
		evaluate()
		if f, r := `"phase":"forward"`, `"phase":"reverse"`; forward != f || reverse != r {
			t.Errorf("labels %s and %s, expected %s and %s", forward, reverse, f, r)
		}
		if got := profiletest.Labels(t); got != "" {
			t.Errorf("labels %s after an evaluation, expected none", got)
		}
		forward = ""
		if _, err := predictor.Predict(t.Context(), value.New(tensor.Float64)); err != nil {
			t.Fatal(err)
		}
		if want := `"phase":"forward"`; forward != want {
			t.Errorf("labels %s in a prediction, expected %s", forward, want)
		}
		forward, reverse = "", ""
	}
}
