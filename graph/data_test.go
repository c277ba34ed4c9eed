package graph_test

import (
	"context"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// TestResultsThatAreLeaves returns nodes that no operation computes, beside what
// reads them: each must keep its value, however often the expression is evaluated.
func TestResultsThatAreLeaves(t *testing.T) {
	params := graph.NewParams(tensor.Float64)
	w, err := params.Add("w", func(x []float64) { x[0], x[1] = 5, 6 }, 2)
	if err != nil {
		t.Fatal(err)
	}
	in := []graph.Spec{{Name: "x", Dtype: tensor.Float64, Shape: tensor.Shape{2}}}
	build := func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		data, err := s.Data(tensor.New(tensor.WithBacking([]float64{3, 4})))
		if err != nil {
			return nil, err
		}
		view, err := s.Param(w)
		if err != nil {
			return nil, err
		}
		sum := gorgonia.Must(gorgonia.Add(gorgonia.Must(gorgonia.Add(data, view)), in[0]))
		return gorgonia.Nodes{data, in[0], view, gorgonia.NewConstant(7.0), sum, data}, nil
	}
	want := [][]float64{{3, 4}, {1, 2}, {5, 6}, {7}, {9, 12}, {3, 4}}
	x := tensor.New(tensor.WithBacking([]float64{1, 2}))

	f, err := graph.NewFunction("leaves", params, in, build)
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.NewPredictor(params, build, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		fr := f.NewFrame() // another one each time
		if err := fr.Set(0, x); err != nil {
			t.Fatal(err)
		}
		if err := fr.Forward(); err != nil {
			t.Fatal(err)
		}
		predicted, err := p.Predict(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got := value.Float64s(fr.Out(i)); !slices.Equal(got, want[i]) {
				t.Errorf("result %d is %v, expected %v", i, got, want[i])
			}
			if got := value.Float64s(predicted[i]); !slices.Equal(got, want[i]) {
				t.Errorf("prediction %d is %v, expected %v", i, got, want[i])
			}
		}
	}
}
