package graph_test

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// What is wrong with a declaration is said in terms of the declaration.
func TestDeclarationErrors(t *testing.T) {
	declare := func(inputs ...graph.Spec) error {
		_, err := graph.NewFunction("f", nil, inputs, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return in, nil })
		return err
	}
	add := func(dt tensor.Dtype, name string, shape ...int) error {
		p := graph.NewParams(dt)
		if _, err := p.Add("w", nil, 2, 3); err != nil {
			return err
		}
		_, err := p.Add(name, nil, shape...)
		return err
	}
	for _, c := range []struct {
		what string
		err  error
		says string
	}{
		{"input without a type", declare(graph.Spec{Name: "x", Shape: tensor.Shape{1, 2}}), `input "x": no element type, expected float32 or float64`},
		{"input of integers", declare(graph.Spec{Name: "x", Dtype: tensor.Int}), `input "x": element type int, expected`},
		{"empty input", declare(graph.Spec{Name: "x", Dtype: tensor.Float64, Shape: tensor.Shape{0, 2}}), `input "x" has shape (0, 2)`},
		{"input declared twice", declare(pair, pair), "another input of that name"},
		{"parameters without a type", add(tensor.Dtype{}, "b", 1), "parameters: no element type"},
		{"parameters of integers", add(tensor.Int, "b", 1), "parameters: element type int"},
		{"parameter declared twice", add(tensor.Float64, "w", 3), `parameter "w" is declared twice, first with shape (2, 3)`},
		{"parameter without a name", add(tensor.Float64, "", 3), `parameter name ""`},
		{"parameter without a shape", add(tensor.Float64, "b"), `parameter "b" has shape []`},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: %v, expected %q", c.what, c.err, c.says)
		}
	}
}

func TestSetFloat64sLength(t *testing.T) {
	for _, n := range []int{5, 7} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d numbers are accepted for 6 parameters", n)
				}
			}()
			declared(t, tensor.Float64, 0, "w").SetFloat64s(make([]float64, n))
		}()
	}
}
