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

// rowCases lists the operations that have numbers for each row in the place of numbers
// for all of them. The first axis of every argument that is not shared is that of the
// rows, as is that of the result.
func rowCases(m, n int) []testCase {
	x, fixed := state(m, n), arg{shape: tensor.Shape{m, n}, fixed: true}
	h := arg{shape: tensor.Shape{m, 1}, double: true, fixed: true}
	weights := arg{shape: tensor.Shape{m, 3}, double: true, fixed: true}
	common := func(shape ...int) arg { return arg{shape: shape, shared: true} }
	column, times := state(m, 1), arg{shape: tensor.Shape{m, 1}, fixed: true}
	return []testCase{
		{"combination with noise by rows", []arg{x, x, x, h, fixed, fixed}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NoiseComb([]ops.NoiseTerm{
				{X: in[0], C: 1}, {X: in[1], Scaled: 0.5, Noise: []float64{0, -0.25}}, {X: in[2], Root: -0.5, Noise: []float64{0.7}},
			}, in[3], gorgonia.Nodes{in[4], in[5]})
		}},
		{"combination with noise alone by rows", []arg{x, h, fixed}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NoiseComb([]ops.NoiseTerm{{X: in[0], Noise: []float64{2}}}, in[1], gorgonia.Nodes{in[2]})
		}},
		{"combination with roots of step sizes by rows", []arg{x, x, h}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NoiseComb([]ops.NoiseTerm{{X: in[0], C: 1}, {X: in[1], Root: 2}}, in[2], nil)
		}},
		{"affine with time by rows", []arg{x, common(n, 4), common(4), common(4), times}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Affine(ops.Tanh, in[0], in[1], in[2], in[3], in[4])
		}},
		{"affine with time by rows without a bias", []arg{x, common(n, 4), common(4), times}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Affine(ops.Sigmoid, in[0], in[1], nil, in[2], in[3])
		}},
		{"time affine by rows", []arg{common(n), times, common(n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.TimeAffine(ops.Softplus, in[0], in[2], in[1])
		}},
		{"time affine by rows without a bias", []arg{common(n), times}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.TimeAffine(ops.Identity, in[0], nil, in[1])
		}},
		{"squash by rows", []arg{x, x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Squash(in[0], in[1], in[2]) }},
		{"squash by rows without a shift", []arg{x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Squash(in[0], in[1], nil) }},
		{"augment by a column", []arg{x, times}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Augment(in[0], 3, in[1]) }},
		{"interpolation by rows", []arg{state(m, 3*n), times}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Interpolate(in[0], in[1], []float64{-2, 0.1, 3})
		}},
		{"error norm by rows", []arg{fixed, fixed, h, x, x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.RowErrorNorm(in[0], in[1], in[2], gorgonia.Nodes{in[3], nil, in[4], in[5]}, []float64{0.3, 0, -0.7, 0.4}, 0.1, 0.2)
		}},
		{"error norm by rows of one difference", []arg{fixed, fixed, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.RowErrorNorm(in[0], in[1], nil, gorgonia.Nodes{in[2]}, []float64{-0.5}, 0.1, 0.2)
		}},
		{"norm ratio by rows", []arg{x, x, x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.RowNormRatio(in[0], in[1], in[2], in[3])
		}},
		{"scaled RMS by rows", []arg{fixed, fixed}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.RowScaledRMS(in[0], nil, in[1], 0.1, 0.2)
		}},
		{"scaled RMS of a difference by rows", []arg{fixed, fixed, fixed}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.RowScaledRMS(in[0], in[1], in[2], 0.1, 0.2)
		}},
		{"mean square by rows", []arg{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.RowMeanSquare(in[0]) }},
		{"infinity norm by rows", []arg{state(m, (n+1)*(n+1))}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.RowInfNorm(in[0], n)
		}},
		{"error per step by rows", []arg{column, h}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ErrorPerStep(in[0], in[1]) }},
		{"squared error per step by rows", []arg{column, h}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.SquaredPerStep(in[0], in[1])
		}},
		{"quadrature by rows", []arg{column, column, h}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Quadrature(gorgonia.Nodes{in[0], nil, in[1]}, []float64{0.5, 0, -2}, in[2])
		}},
		{"total by rows", []arg{column, column, column}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Total(0.25, in) }},
		{"largest by rows", []arg{column, column, column}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Largest(0.25, in) }},
		{"scale by rows", []arg{x, h}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.LinComb([]ops.Term{{X: in[0], C: -2, Scaled: true}}, in[1], nil)
		}},
		{"combination by rows", []arg{x, x, x, h}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.LinComb([]ops.Term{
				{X: in[0], C: 1}, {X: in[1], C: 0.5, Scaled: true}, {X: in[2], C: -1, Scaled: true},
			}, in[3], nil)
		}},
		{"combination with weights by rows", []arg{x, x, x, h, weights}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.LinComb([]ops.Term{
				{X: in[0], C: 1}, {X: in[1], C: 0.5, Scaled: true}, {X: in[2], C: -1, Scaled: true, Weight: 3}, {X: in[0], C: 2, Weight: 1},
			}, in[3], in[4])
		}},
	}
}

// TestRowsAlone: a row of a result, and of its gradients, has the bits of the row alone
// in a batch of one.
func TestRowsAlone(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, s := range [][2]int{{3, 1}, {23, 2}, {11, 5}, {9, 19}, {3, 67}} {
			m, n := s[0], s[1]
			alone := rowCases(1, n)
			for i, c := range rowCases(m, n) {
				t.Run(fmt.Sprintf("%s/%dx%d %v", c.name, m, n, dt), func(t *testing.T) { rowsAlone(t, c, alone[i], m, dt) })
			}
		}
	}
}

func rowsAlone(t *testing.T, c, one testCase, m int, dt tensor.Dtype) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	var in [][]float64
	for _, a := range c.args {
		x := make([]float64, a.shape.TotalSize())
		for i := range x {
			x[i] = float64(float32(rng.NormFloat64()))
		}
		in = append(in, x)
	}
	all := evaluateRows(t, c, in, dt)
	for r := range m {
		var row [][]float64
		for i, x := range in {
			if c.args[i].shared {
				row = append(row, x)
				continue
			}
			n := len(x) / m
			row = append(row, x[r*n:(r+1)*n])
		}
		for i, got := range evaluateRows(t, one, row, dt) {
			n := len(all[i]) / m
			want := all[i][r*n : (r+1)*n]
			if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
				t.Fatalf("value %d of row %d is %v in the batch, %v alone", i, r, want, got)
			}
		}
	}
}

// evaluateRows returns the result and the gradients of its square sum by what is not
// shared.
func evaluateRows(t *testing.T, c testCase, in [][]float64, dt tensor.Dtype) [][]float64 {
	t.Helper()
	g := gorgonia.NewGraph()
	m := graph.NewMachine(g)
	var nodes, wrt gorgonia.Nodes
	for i, a := range c.args {
		of := dt
		if a.double {
			of = tensor.Float64
		}
		nodes = append(nodes, input(g, fmt.Sprint("in", i), of, a.shape, in[i]))
		if !a.fixed && !a.shared {
			wrt = append(wrt, nodes[i])
		}
	}
	out, err := c.build(nodes)
	if err != nil {
		t.Fatal(err)
	}
	wanted := gorgonia.Nodes{out}
	if len(wrt) > 0 {
		grads, err := graph.Differentiate(gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(out, out)))), wrt...)
		if err != nil {
			t.Fatal(err)
		}
		wanted = append(wanted, grads...)
	}
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	var values [][]float64
	for _, n := range wanted {
		values = append(values, value.Float64s(m.Value(n)))
	}
	return values
}
