package graph_test

import (
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestImpossibleSizes asks for values whose number of entries overflows, some to
// 0 or less, or that no memory could hold.
func TestImpossibleSizes(t *testing.T) {
	identity := func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return in, nil }
	vector := func(t *testing.T) *graph.Params {
		p := graph.NewParams(tensor.Float64)
		if _, err := p.Add("w", nil, 6); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, shape := range [][]int{
		{1 << 32, 1 << 32}, {1 << 31, 1 << 31}, {1 << 30, 1 << 30}, {1 << 20, 1 << 20}, {math.MaxInt}, {math.MaxInt, math.MaxInt}, {-1, -1},
		{math.MaxInt/2 + 1, 2},
	} {
		in := []graph.Spec{{Name: "x", Dtype: tensor.Float32, Shape: shape}}
		data := []graph.Spec{{Name: "x", Dtype: tensor.Float32, Shape: shape, Data: true}}
		for name, f := range map[string]func() error{
			"Params.Add":       func() error { _, err := vector(t).Add("v", nil, shape...); return err },
			"NewFunction":      func() error { _, err := graph.NewFunction("f", nil, in, identity); return err },
			"NewFunction data": func() error { _, err := graph.NewFunction("f", nil, data, identity); return err },
			"ops.View": func() error {
				_, err := ops.View(graph.NewScope(gorgonia.NewGraph(), vector(t)).Theta(), 1, shape...)
				return err
			},
			"NewValue": func() (err error) {
				defer func() { err, _ = recover().(error) }()
				value.New(tensor.Float32, shape...)
				return nil
			},
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), "expected") {
				t.Errorf("%s of shape %v: error %v, expected one about the shape", name, shape, err)
			}
		}
	}
}

// TestImpossibleResults multiplies a column by a row, each of which is small.
func TestImpossibleResults(t *testing.T) {
	const n = 1 << 21
	for name, multiply := range map[string]func(a, b *gorgonia.Node) (*gorgonia.Node, error){
		"ours":       func(a, b *gorgonia.Node) (*gorgonia.Node, error) { return ops.MatMul(a, b, false, false) },
		"Gorgonia's": gorgonia.Mul,
	} {
		_, err := graph.NewFunction("f", nil, []graph.Spec{matrixInput("a", n, 1), matrixInput("b", 1, n)},
			func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
				y, err := multiply(in[0], in[1])
				return gorgonia.Nodes{y}, err
			})
		if err == nil || !strings.Contains(err.Error(), "entries") {
			t.Errorf("%s: error %v, expected one about the entries of the product", name, err)
		}
	}
}
