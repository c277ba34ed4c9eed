package graph_test

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// TestStateOfTwoNodes: an operation that keeps state cannot serve two nodes of a
// loss, whose reverse passes would both find what the second one left.
func TestStateOfTwoNodes(t *testing.T) {
	params := graph.NewParams(tensor.Float64)
	w, err := params.Add("w", func(w []float64) { w[0], w[1], w[2] = 1, 2, 4 }, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, again := range []bool{false, true} {
		objective, err := graph.NewObjective(params, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
			x, err := s.Param(w)
			if err != nil {
				return nil, err
			}
			ones, err := s.Data(tensor.Ones(tensor.Float64, 3, 1))
			if err != nil {
				return nil, err
			}
			y, _, _, op, err := gorgonia.BatchNorm(x, ones, ones, 0.9, 1e-5)
			if err != nil {
				return nil, err
			}
			y = gorgonia.Must(gorgonia.Sin(y))
			if again {
				y = gorgonia.Must(gorgonia.ApplyOp(op, y))
			}
			return gorgonia.Sum(gorgonia.Must(gorgonia.Cube(y)))
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = objective.Evaluate()
		if again != (err != nil) || again && !strings.Contains(err.Error(), "keeps state") {
			t.Errorf("applied again %v: error %v", again, err)
		}
	}
}
