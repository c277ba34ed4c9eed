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
// for all of them. The first axis of every argument and result is that of the rows.
func rowCases(m, n int) []testCase {
	x, fixed := state(m, n), arg{shape: tensor.Shape{m, n}, fixed: true}
	h := arg{shape: tensor.Shape{m, 1}, double: true, fixed: true}
	weights := arg{shape: tensor.Shape{m, 3}, double: true, fixed: true}
	_ = fixed
	return []testCase{
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
		for _, x := range in {
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

// evaluateRows returns the result and the gradients of its square sum.
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
		if !a.fixed {
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
