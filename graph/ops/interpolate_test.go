package ops_test

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestInterpolate: values at the times, on the lines between them, and constant beyond.
func TestInterpolate(t *testing.T) {
	for at, want := range map[float64][]float64{
		-5: {1, 2, 7, 8}, 0: {1, 2, 7, 8}, 1: {3, 4, 9, 10}, 0.5: {2, 3, 8, 9},
		2: {4, 5, 10, 11}, 3: {5, 6, 11, 12}, 1e9: {5, 6, 11, 12},
	} {
		g := gorgonia.NewGraph()
		x := input(g, "x", tensor.Float64, tensor.Shape{2, 6}, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
		y, err := ops.Interpolate(x, input(g, "t", tensor.Float64, nil, []float64{at}), []float64{0, 1, 3})
		if err != nil {
			t.Fatal(err)
		}
		m := graph.NewMachine(g)
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		compare(t, fmt.Sprint("at ", at), value.Float64s(m.Value(y)), want, 1e-15)
	}
}
