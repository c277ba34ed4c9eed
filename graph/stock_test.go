package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// one and two fit an operation to builders of graphs.
func one(f func(*gorgonia.Node) (*gorgonia.Node, error)) func(in gorgonia.Nodes) (*gorgonia.Node, error) {
	return func(in gorgonia.Nodes) (*gorgonia.Node, error) { return f(in[0]) }
}

func two(f func(a, b *gorgonia.Node) (*gorgonia.Node, error)) func(in gorgonia.Nodes) (*gorgonia.Node, error) {
	return func(in gorgonia.Nodes) (*gorgonia.Node, error) { return f(in[0], in[1]) }
}

// stockGraphs lists expressions of Gorgonia's own operations.
var stockGraphs = []struct {
	name   string
	shapes []tensor.Shape
	build  func(in gorgonia.Nodes) (*gorgonia.Node, error)
}{
	{"abs", shapes("3,2"), one(gorgonia.Abs)},
	{"cube", shapes("3,2"), one(gorgonia.Cube)},
	{"exp", shapes("3,2"), one(gorgonia.Exp)},
	{"inverse", shapes("3,2"), one(gorgonia.Inverse)},
	{"log", shapes("3,2"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return gorgonia.Log(gorgonia.Must(gorgonia.Square(in[0])))
	}},
	{"negation", shapes("3,2"), one(gorgonia.Neg)},
	{"rectified", shapes("3,2"), one(gorgonia.Rectify)},
	{"sigmoid", shapes("3,2"), one(gorgonia.Sigmoid)},
	{"sine and cosine", shapes("3,2"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return gorgonia.Add(gorgonia.Must(gorgonia.Sin(in[0])), gorgonia.Must(gorgonia.Cos(in[0])))
	}},
	{"softplus", shapes("3,2"), one(gorgonia.Softplus)},
	{"square root", shapes("3,2"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return gorgonia.Sqrt(gorgonia.Must(gorgonia.Square(in[0])))
	}},
	{"square", shapes(""), one(gorgonia.Square)},
	{"tanh", shapes("1,1"), one(gorgonia.Tanh)},
	{"tanh of a scalar", shapes(""), one(gorgonia.Tanh)},

	{"sum", shapes("3,2", "3,2"), two(gorgonia.Add)},
	{"difference", shapes("3,2", "3,2"), two(gorgonia.Sub)},
	{"product", shapes("3,2", "3,2"), two(gorgonia.HadamardProd)},
	{"quotient", shapes("3,2", "3,2"), two(gorgonia.HadamardDiv)},
	{"sums of one node", shapes("3,2"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		x := in[0]
		for range 4 {
			x = gorgonia.Must(gorgonia.Add(x, x))
		}
		return gorgonia.Add(x, in[0])
	}},
	{"scalar and matrix", shapes("", "3,2"), two(gorgonia.Add)},
	{"matrix and scalar", shapes("3,2", ""), two(gorgonia.Mul)},
	{"scalars", shapes("", ""), two(gorgonia.Add)},
	{"constants", shapes("3,2"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return gorgonia.Add(gorgonia.Must(gorgonia.Mul(in[0], gorgonia.NewConstant(2.5))), gorgonia.NewConstant(-1.0))
	}},
	{"broadcast over rows", shapes("3,2", "1,2"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return gorgonia.BroadcastAdd(in[0], in[1], nil, []byte{0})
	}},
	{"broadcast over columns", shapes("3,2", "3,1"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return gorgonia.BroadcastHadamardProd(in[0], in[1], nil, []byte{1})
	}},

	{"matrix product", shapes("3,2", "2,4"), two(gorgonia.Mul)},
	{"matrix product of size one", shapes("1,1", "1,1"), two(gorgonia.Mul)},
	{"matrix and vector", shapes("3,2", "2"), two(gorgonia.Mul)},
	{"inner product", shapes("3", "3"), two(gorgonia.Mul)},
	{"batched matrix product", shapes("2,3,2", "2,2,4"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return gorgonia.BatchedMatMul(in[0], in[1])
	}},

	{"sum of all", shapes("3,2"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(x) })},
	{"sum over rows", shapes("3,2"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(x, 0) })},
	{"sum over columns", shapes("3,2"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(x, 1) })},
	{"mean of all", shapes("3,2"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Mean(x) })},
	{"mean over columns", shapes("3,2"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Mean(x, 1) })},
	{"maximum of all", shapes("3,2"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Max(x) })},
	{"norm", shapes("3,2"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Norm(x, 0, 2) })},

	{"softmax", shapes("3,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.SoftMax(x) })},
	{"log-softmax", shapes("3,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.LogSoftMax(x) })},
	{"cross entropy", shapes("3,4", "3,4"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		p := gorgonia.Must(gorgonia.SoftMax(in[0]))
		return gorgonia.Neg(gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.HadamardProd(gorgonia.Must(gorgonia.Log(p)), in[1])))))
	}},

	{"reshape", shapes("3,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Reshape(x, tensor.Shape{2, 6}) })},
	{"reshape of a sum", shapes("3,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.Reshape(gorgonia.Must(gorgonia.Add(x, x)), tensor.Shape{2, 6})
	})},
	{"transpose", shapes("3,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Transpose(x) })},
	{"transpose of three axes", shapes("2,3,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Transpose(x, 2, 0, 1) })},
	{"slice of rows", shapes("5,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Slice(x, gorgonia.S(1, 3)) })},
	{"slice of columns", shapes("5,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Slice(x, nil, gorgonia.S(2, 4)) })},
	{"one row", shapes("5,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Slice(x, gorgonia.S(1)) })},
	{"overlapping slices", shapes("5,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.HadamardProd(gorgonia.Must(gorgonia.Slice(x, gorgonia.S(0, 3))), gorgonia.Must(gorgonia.Slice(x, gorgonia.S(1, 4))))
	})},
	{"concatenation", shapes("3,2", "1,2"), func(in gorgonia.Nodes) (*gorgonia.Node, error) { return gorgonia.Concat(0, in...) }},
	{"concatenation of columns", shapes("3,2", "3,4"), func(in gorgonia.Nodes) (*gorgonia.Node, error) { return gorgonia.Concat(1, in...) }},

	{"convolution", shapes("2,2,5,4", "3,2,3,3"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return gorgonia.Conv2d(in[0], in[1], tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1})
	}},
	{"image to columns", shapes("2,2,5,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.Im2Col(x, tensor.Shape{2, 2}, tensor.Shape{0, 0}, tensor.Shape{1, 1}, tensor.Shape{1, 1})
	})},
	{"pooling", shapes("2,2,4,4"), one(func(x *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.MaxPool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2})
	})},
	{"convolutional layer", shapes("2,1,6,6", "2,1,3,3", "8,3"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		c := gorgonia.Must(gorgonia.Conv2d(in[0], in[1], tensor.Shape{3, 3}, []int{0, 0}, []int{1, 1}, []int{1, 1}))
		p := gorgonia.Must(gorgonia.MaxPool2D(gorgonia.Must(gorgonia.Rectify(c)), tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
		return gorgonia.Mul(gorgonia.Must(gorgonia.Reshape(p, tensor.Shape{2, 8})), in[2])
	}},
	{"two layers", shapes("3,2", "2,5", "1,5", "5,2"), func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		h := gorgonia.Must(gorgonia.BroadcastAdd(gorgonia.Must(gorgonia.Mul(in[0], in[1])), in[2], nil, []byte{0}))
		return gorgonia.Add(in[0], gorgonia.Must(gorgonia.Mul(gorgonia.Must(gorgonia.Tanh(h)), in[3])))
	}},
}

// shapes reads "3,2" as (3, 2) and "" as a scalar.
func shapes(s ...string) []tensor.Shape {
	out := make([]tensor.Shape, len(s))
	for i, s := range s {
		for _, d := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) {
			var n int
			fmt.Sscan(d, &n)
			out[i] = append(out[i], n)
		}
	}
	return out
}

// variable adds an input with a random value.
func variable(g *gorgonia.ExprGraph, name string, shape tensor.Shape, rng *rand.Rand) *gorgonia.Node {
	v := value.New(tensor.Float64, shape...)
	x := value.Float64s(v)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	value.SetFloat64s(v, x)
	if len(shape) == 0 {
		return gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	return gorgonia.NewTensor(g, tensor.Float64, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name), gorgonia.WithValue(v))
}

// TestMachineEqualsTapeMachine runs stock graphs and their gradients on both
// machines, twice with different inputs.
func TestMachineEqualsTapeMachine(t *testing.T) {
	for _, c := range stockGraphs {
		t.Run(c.name, func(t *testing.T) {
			run := func(newVM func(*gorgonia.ExprGraph) gorgonia.VM) [][]float64 {
				g := gorgonia.NewGraph()
				rng := rand.New(rand.NewPCG(3, 4))
				var in gorgonia.Nodes
				for i, s := range c.shapes {
					in = append(in, variable(g, fmt.Sprint("in", i), s, rng))
				}
				y, err := c.build(in)
				if err != nil {
					t.Fatal(err)
				}
				loss := gorgonia.Must(gorgonia.Square(y)) // so that the gradient depends on the result
				if len(y.Shape()) > 0 {
					loss = gorgonia.Must(gorgonia.Sum(loss))
				}
				d, err := graph.Differentiate(loss, in...)
				if err != nil {
					t.Fatal(err)
				}
				read := make([]gorgonia.Value, 2+len(d))
				for i, n := range append(gorgonia.Nodes{y, loss}, d...) {
					gorgonia.Read(n, &read[i])
				}
				vm := newVM(g)
				var results [][]float64
				for range 2 {
					if err := vm.RunAll(); err != nil {
						t.Fatal(err)
					}
					for _, v := range read {
						results = append(results, value.Float64s(v))
					}
					vm.Reset()
					for _, n := range in {
						if err := gorgonia.Let(n, variable(gorgonia.NewGraph(), "new", n.Shape(), rng).Value()); err != nil {
							t.Fatal(err)
						}
					}
				}
				return results
			}
			want := run(func(g *gorgonia.ExprGraph) gorgonia.VM { return gorgonia.NewTapeMachine(g) })
			got := run(func(g *gorgonia.ExprGraph) gorgonia.VM { return graph.NewMachine(g) })
			for i := range want {
				if len(got[i]) != len(want[i]) {
					t.Fatalf("value %d has %d entries, the tape machine's %d", i, len(got[i]), len(want[i]))
				}
				for j := range want[i] {
					if !(math.Abs(got[i][j]-want[i][j]) <= 1e-12*math.Max(1, math.Abs(want[i][j]))) {
						t.Errorf("value %d, entry %d: %v, the tape machine's %v", i, j, got[i][j], want[i][j])
						break
					}
				}
			}
		})
	}
}
