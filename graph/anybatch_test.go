package graph_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// squares is the mean of (x·w)² over the rows of x (batch, 2), with its parameters.
func squares(t *testing.T) (*graph.Params, graph.LossBuilder) {
	t.Helper()
	p := graph.NewParams(tensor.Float64)
	if _, err := p.Add("w", func(w []float64) { w[0], w[1] = 0.5, -2 }, 2); err != nil {
		t.Fatal(err)
	}
	return p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		w := gorgonia.Must(s.Param(p.Lookup("w")))
		return gorgonia.Mean(gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Mul(in[0], w)))))
	}
}

// rowsOf returns a batch of points.
func rowsOf(n int) *tensor.Dense {
	x := make([]float64, 2*n)
	for i := range x {
		x[i] = float64((7*i+n)%11) - 4.5
	}
	return tensor.New(tensor.WithShape(n, 2), tensor.WithBacking(x))
}

// TestAnyBatch: one objective and one predictor serve batches of any size, with the
// bits of ones that have seen no other size, and keep a bounded number of graphs.
func TestAnyBatch(t *testing.T) {
	p, loss := squares(t)
	objective, err := graph.NewObjective(p, loss, &graph.CacheSettings{Graphs: 4})
	if err != nil {
		t.Fatal(err)
	}
	predict := func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		l, err := loss(s, in)
		return gorgonia.Nodes{l}, err
	}
	predictor, err := graph.NewPredictor(p, predict, nil)
	if err != nil {
		t.Fatal(err)
	}
	sizes := []int{3, 1, 5, 3, 1, 5}
	for n := range 200 {
		sizes = append(sizes, n+1)
	}
	for i, n := range sizes {
		l, g, err := evaluate(objective, p, rowsOf(n))
		if err != nil {
			t.Fatal(err)
		}
		grad := slices.Clone(value.Float64s(g))
		out, err := predictor.Predict(context.Background(), rowsOf(n))
		if err != nil {
			t.Fatal(err)
		}
		if i >= 6 && n%50 != 0 {
			continue
		}
		fresh, err := graph.NewObjective(p, loss, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, g, err := evaluate(fresh, p, rowsOf(n))
		if err != nil {
			t.Fatal(err)
		}
		if y := value.Scalar(out[0]); l != want || y != want || !slices.Equal(grad, value.Float64s(g)) {
			t.Errorf("batch %d: loss %v, prediction %v, gradient %v, expected %v and %v", n, l, y, grad, want, value.Float64s(g))
		}
	}
	if st := objective.Cache(); st.Hits != 5 || st.Graphs != 4 {
		t.Errorf("cache %+v, expected 5 hits and 4 graphs", st)
	}
	if n := graph.PredictorShapes(predictor); !slices.Equal(n, []int{32}) {
		t.Errorf("the predictor keeps %d shapes in each instance, expected 32 in one", n)
	}
}

// TestMust: a builder may use gorgonia.Must. The error that it panics with comes
// back from whoever ran the builder, with its cause.
func TestMust(t *testing.T) {
	errOwn := errors.New("no such operation")
	p, _ := squares(t)
	failing := func(*graph.Scope, gorgonia.Nodes) (gorgonia.Nodes, error) {
		return gorgonia.Nodes{gorgonia.Must(nil, errOwn)}, nil
	}
	_, function := graph.NewFunction("f", p, []graph.Spec{pair}, failing)
	predictor, err := graph.NewPredictor(p, failing, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, prediction := predictor.Predict(context.Background(), rowsOf(1))
	objective, err := graph.NewObjective(p, func(*graph.Scope, gorgonia.Nodes) (*gorgonia.Node, error) { return gorgonia.Must(nil, errOwn), nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, evaluation := objective.Evaluate(rowsOf(1))
	for name, err := range map[string]error{"function": function, "predictor": prediction, "objective": evaluation} {
		if !errors.Is(err, errOwn) || !strings.Contains(err.Error(), "builder") {
			t.Errorf("%s: error %v, expected one of the builder with the cause %v", name, err, errOwn)
		}
	}
}
