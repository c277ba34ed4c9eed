package graph_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
)

// TestWhatABuilderGives: results in another order, and nodes of another graph, are
// refused by name wherever a builder can give them.
func TestWhatABuilderGives(t *testing.T) {
	params := graph.NewParams(tensor.Float64)
	w, err := params.Add("w", nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	in := []graph.Spec{{Name: "x", Dtype: tensor.Float64, Shape: tensor.Shape{2}}}
	x := tensor.New(tensor.WithBacking([]float64{1, 2}))
	foreign := gorgonia.NewScalar(gorgonia.NewGraph(), tensor.Float64, gorgonia.WithName("foreign"))

	turn := 0
	turning := func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		out := gorgonia.Nodes{gorgonia.Must(gorgonia.Square(in[0])), gorgonia.Must(gorgonia.Cube(in[0]))}
		out[0], out[1] = out[turn%2], out[1-turn%2]
		turn++
		return out, nil
	}
	counting := func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		turn++
		return gorgonia.Nodes{gorgonia.Must(gorgonia.Mul(in[0], gorgonia.NewConstant(float64(turn))))}, nil
	}
	growing := func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		turn++
		y := in[0]
		for range turn {
			y = gorgonia.Must(gorgonia.Square(y))
		}
		return gorgonia.Nodes{y}, nil
	}
	leaving := func(*graph.Scope, gorgonia.Nodes) (gorgonia.Nodes, error) { return gorgonia.Nodes{foreign}, nil }
	nothing := func(*graph.Scope, gorgonia.Nodes) (gorgonia.Nodes, error) { return gorgonia.Nodes{nil}, nil }
	objective := func(build func(s *graph.Scope, loss *gorgonia.Node) *gorgonia.Node) func(graph.Builder) error {
		return func(graph.Builder) error {
			o, err := graph.NewObjective(params, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
				p, err := s.Param(w)
				if err != nil {
					return nil, err
				}
				return build(s, gorgonia.Must(gorgonia.Sum(p))), nil
			}, nil)
			if err != nil {
				return err
			}
			_, err = o.Evaluate(x)
			return err
		}
	}
	function := func(b graph.Builder) error { _, err := graph.NewFunction("f", params, in, b); return err }
	predictor := func(b graph.Builder) error {
		p, err := graph.NewPredictor(params, b, nil)
		if err != nil {
			return err
		}
		_, err = p.Predict(context.Background(), x)
		return err
	}
	for _, tt := range []struct {
		name  string
		make  func(graph.Builder) error
		build graph.Builder
		is    error
		want  string
	}{
		{"function in another order", function, turning, hazard.ErrBuilder, "result 0"},
		{"predictor in another order", predictor, turning, hazard.ErrBuilder, "result 0"},
		{"function with another constant", function, counting, hazard.ErrBuilder, "constant"},
		{"predictor with another constant", predictor, counting, hazard.ErrBuilder, "constant"},
		{"function with more nodes", function, growing, hazard.ErrBuilder, "not deterministic"},
		{"predictor with more nodes", predictor, growing, hazard.ErrBuilder, "not deterministic"},
		{"function of another graph", function, leaving, nil, "result 0: foreign"},
		{"predictor of another graph", predictor, leaving, nil, "result 0: foreign"},
		{"function of nothing", function, nothing, nil, "result 0: nil"},
		{"loss of another graph", objective(func(*graph.Scope, *gorgonia.Node) *gorgonia.Node { return foreign }), nil, nil, "loss: foreign"},
		{"no loss", objective(func(*graph.Scope, *gorgonia.Node) *gorgonia.Node { return nil }), nil, nil, "loss: nil"},
		{"record of another graph", objective(func(s *graph.Scope, l *gorgonia.Node) *gorgonia.Node { s.Record("r", foreign); return l }), nil, nil, `record "r": foreign`},
		{"record of nothing", objective(func(s *graph.Scope, l *gorgonia.Node) *gorgonia.Node { s.Record("r", nil); return l }), nil, nil, `record of a node that is nil as "r"`},
	} {
		err := tt.make(tt.build)
		if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: error %v, expected one with %q", tt.name, err, tt.want)
		}
	}
}
