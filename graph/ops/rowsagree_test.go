package ops_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestRowsAgree: what an operation returns of a row is what the operation on all rows
// returns of that row alone, but for rounding.
func TestRowsAgree(t *testing.T) {
	const n = 5
	x, h := state(1, n), step()
	column := arg{shape: tensor.Shape{1, 1}, double: true, fixed: true}
	for _, c := range []struct {
		name      string
		args      []arg
		all, rows func(in gorgonia.Nodes) (*gorgonia.Node, error)
	}{
		{"error norm", []arg{x, x, x, x, h},
			func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				return ops.ErrorNorm(in[0], in[1], in[4], in[2:4], []float64{0.3, -0.7}, 0.1, 0.2)
			},
			func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				return ops.RowErrorNorm(in[0], in[1], in[4], in[2:4], []float64{0.3, -0.7}, 0.1, 0.2)
			}},
		{"norm ratio", []arg{x, x, x, x},
			func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.NormRatio(in[0], in[1], in[2], in[3]) },
			func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.RowNormRatio(in[0], in[1], in[2], in[3]) }},
		{"scaled RMS", []arg{x, x, x},
			func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ScaledRMS(in[0], in[1], in[2], 0.1, 0.2) },
			func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				return ops.RowScaledRMS(in[0], in[1], in[2], 0.1, 0.2)
			}},
		{"mean square", []arg{x},
			func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.MeanSquare(in[0]) },
			func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.RowMeanSquare(in[0]) }},
	} {
		rng := rand.New(rand.NewPCG(5, 6))
		var in [][]float64
		all := testCase{name: c.name, args: slices.Clone(c.args), build: c.all}
		rows := testCase{name: c.name, args: slices.Clone(c.args), build: c.rows}
		for i, a := range c.args {
			v := make([]float64, a.shape.TotalSize())
			for j := range v {
				v[j] = rng.NormFloat64()
			}
			in = append(in, v)
			if a.double {
				rows.args[i] = column
			} else if i < 2 && c.name == "error norm" || c.name == "scaled RMS" {
				all.args[i].fixed, rows.args[i].fixed = true, true
			}
		}
		want, got := evaluateRows(t, all, in, tensor.Float64), evaluateRows(t, rows, in, tensor.Float64)
		for i := range want {
			compare(t, fmt.Sprintf("%s, value %d", c.name, i), got[i], want[i], 1e-13)
		}
	}
}

// TestRowsApart: what is not finite in a row that has no gradient reaches no gradient.
func TestRowsApart(t *testing.T) {
	g := gorgonia.NewGraph()
	m := graph.NewMachine(g)
	nan := math.NaN()
	z := input(g, "z", tensor.Float64, tensor.Shape{2, 2}, []float64{1, 2, 3, 4})
	k := input(g, "k", tensor.Float64, tensor.Shape{2, 2}, []float64{1, 2, nan, 4})
	h := input(g, "h", tensor.Float64, tensor.Shape{2, 1}, []float64{0.5, 0.25})
	share := input(g, "share", tensor.Float64, tensor.Shape{2, 1}, []float64{0.5, 0})
	e, err := ops.RowErrorNorm(z, z, h, gorgonia.Nodes{k}, []float64{1}, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ops.RowNormRatio(k, z, z, z)
	if err != nil {
		t.Fatal(err)
	}
	var parts []*gorgonia.Node
	for _, x := range []*gorgonia.Node{e, s} {
		part, err := ops.LinComb([]ops.Term{{X: x, C: 1, Scaled: true}}, share, nil)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, gorgonia.Must(gorgonia.Sum(part)))
	}
	grads, err := graph.Differentiate(gorgonia.Must(gorgonia.Add(parts[0], parts[1])), k)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	got := value.Float64s(m.Value(grads[0]))
	if !(got[0] > 0 && got[1] > 0) || got[2] != 0 || got[3] != 0 {
		t.Errorf("gradient %v, expected zeros in the second row alone", got)
	}
}

// TestTimesAgree: at a column of times that are all one time an operation has the bits
// that it has at that time.
func TestTimesAgree(t *testing.T) {
	const m, n, at = 5, 3, 0.3
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		g := gorgonia.NewGraph()
		machine := graph.NewMachine(g)
		rng := rand.New(rand.NewPCG(7, 8))
		random := func(name string, shape ...int) *gorgonia.Node {
			x := make([]float64, tensor.Shape(shape).TotalSize())
			for i := range x {
				x[i] = rng.NormFloat64()
			}
			return input(g, name, dt, shape, x)
		}
		x, w, b, wt, series := random("x", m, n), random("w", n, n), random("b", n), random("wt", n), random("series", m, 3*n)
		scalar, column := input(g, "t", dt, nil, []float64{at}), input(g, "column", dt, tensor.Shape{m, 1}, slices.Repeat([]float64{at}, m))
		for name, f := range map[string]func(t *gorgonia.Node) (*gorgonia.Node, error){
			"affine": func(t *gorgonia.Node) (*gorgonia.Node, error) { return ops.Affine(ops.Tanh, x, w, b, wt, t) },
			"squash": func(t *gorgonia.Node) (*gorgonia.Node, error) {
				gate, err := ops.TimeAffine(ops.Sigmoid, wt, nil, t)
				if err != nil {
					return nil, err
				}
				shift, err := ops.TimeAffine(ops.Identity, wt, b, t)
				if err != nil {
					return nil, err
				}
				return ops.Squash(x, gate, shift)
			},
			"augment": func(t *gorgonia.Node) (*gorgonia.Node, error) { return ops.Augment(x, 2, t) },
			"interpolation": func(t *gorgonia.Node) (*gorgonia.Node, error) {
				return ops.Interpolate(series, t, []float64{-2, 0.1, 3})
			},
		} {
			want, err := f(scalar)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f(column)
			if err != nil {
				t.Fatal(err)
			}
			if err := machine.RunAll(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(value.Float64s(machine.Value(got)), value.Float64s(machine.Value(want))) {
				t.Errorf("%v, %s: %v, at one time %v", dt, name, machine.Value(got), machine.Value(want))
			}
		}
	}
}
