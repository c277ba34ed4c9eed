package ops_test

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

func TestAugment(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", tensor.Float64, tensor.Shape{2, 2}, []float64{1, 2, 3, 4})
	c := input(g, "c", tensor.Float64, nil, []float64{5})
	zeros, err := ops.Augment(x, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	fives, err := ops.Augment(x, 2, c)
	if err != nil {
		t.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	compare(t, "with zeros", value.Float64s(m.Value(zeros)), []float64{1, 2, 0, 3, 4, 0}, 0)
	compare(t, "with a scalar", value.Float64s(m.Value(fives)), []float64{1, 2, 5, 5, 3, 4, 5, 5}, 0)
}
