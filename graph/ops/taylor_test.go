package ops_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/ops"
)

// taylorCases lists the operations of Taylor series.
func taylorCases(m, n int) []testCase {
	x := state(m, n)
	away := arg{shape: x.shape, fill: func(x []float64, _ *rand.Rand) { // from zero
		for i := range x {
			x[i] = 0.5 + math.Abs(x[i])
		}
	}}
	unary := func(name string, x arg, f func(*gorgonia.Node) (*gorgonia.Node, error)) testCase {
		return testCase{name, []arg{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return f(in[0]) }}
	}
	products := func(name string, args int, terms func(in gorgonia.Nodes) []ops.Product) testCase {
		c := testCase{name: name, build: func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ProductSum(terms(in)) }}
		for range args {
			c.args = append(c.args, x)
		}
		return c
	}
	power := func(r float64) func(*gorgonia.Node) (*gorgonia.Node, error) {
		return func(x *gorgonia.Node) (*gorgonia.Node, error) { return ops.Power(x, r) }
	}
	return []testCase{
		products("product", 2, func(in gorgonia.Nodes) []ops.Product { return []ops.Product{{C: 1, X: in[0], Y: in[1]}} }),
		products("square", 1, func(in gorgonia.Nodes) []ops.Product { return []ops.Product{{C: -0.5, X: in[0], Y: in[0]}} }),
		products("product of one", 1, func(in gorgonia.Nodes) []ops.Product { return []ops.Product{{C: -0.5, X: in[0]}} }),
		products("products and a term", 3, func(in gorgonia.Nodes) []ops.Product {
			return []ops.Product{{C: 2, X: in[0], Y: in[1]}, {C: 1, X: in[2]}, {C: -1, X: in[0], Y: in[2]}}
		}),
		products("products of more terms than a block", 3, func(in gorgonia.Nodes) []ops.Product {
			var p []ops.Product
			for i := range 11 {
				p = append(p, ops.Product{C: 1 / float64(i+1), X: in[i%3], Y: in[i%2]})
			}
			return p
		}),
		{"quotient", []arg{x, away}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Quotient(in[0], in[1]) }},
		unary("power 2.5", away, power(2.5)),
		unary("power -1", away, power(-1)),
		unary("power 4", x, power(4)),
		unary("sine of x", x, ops.Sin),
		unary("cosine", x, ops.Cos),
		unary("mean square", x, ops.MeanSquare),
		{"quadrature", []arg{state(), state(), step()}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Quadrature(gorgonia.Nodes{in[0], nil, in[1]}, []float64{0.25, 0, -1.5}, in[2])
		}},
	}
}

// TestQuadratureSign: an integral grows alike in both directions.
func TestQuadratureSign(t *testing.T) {
	for _, h := range []float64{-0.5, 0.5} {
		got, grads := evaluate(t, tensor.Float64, nil, [][]float64{{3}, {2}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Quadrature(in, []float64{0.25, 0.75}, input(in[0].Graph(), "h", tensor.Float64, nil, []float64{h}))
		})
		if got != 0.5*(0.75+1.5) || grads[0][0] != 0.125 || grads[1][0] != 0.375 {
			t.Errorf("h = %v: %v with gradients %v", h, got, grads)
		}
	}
}

func TestBadTaylorArguments(t *testing.T) {
	g := gorgonia.NewGraph()
	node := func(name string, dt tensor.Dtype, shape ...int) *gorgonia.Node {
		return input(g, name, dt, shape, make([]float64, tensor.Shape(shape).TotalSize()))
	}
	var (
		x      = node("x", tensor.Float64, 4, 6)
		x32    = node("x32", tensor.Float32, 4, 6)
		half   = node("half", tensor.Float64, 4, 3)
		vector = node("v", tensor.Float64, 6)
		scalar = node("s", tensor.Float64)
		none   *gorgonia.Node
	)
	one := func(_ *gorgonia.Node, err error) error { return err }
	for _, c := range []struct {
		name, mentions string
		err            error
	}{
		{"no products", "no products", one(ops.ProductSum(nil))},
		{"product of nothing", "nil", one(ops.ProductSum([]ops.Product{{C: 1, Y: x}}))},
		{"product of a vector and a matrix", "(4, 6)", one(ops.ProductSum([]ops.Product{{C: 1, X: x, Y: vector}}))},
		{"product of shapes", "(4, 3)", one(ops.ProductSum([]ops.Product{{C: 1, X: x, Y: half}}))},
		{"sum of shapes", "(4, 3)", one(ops.ProductSum([]ops.Product{{C: 1, X: x}, {C: 1, X: half}}))},
		{"product of types", "float32", one(ops.ProductSum([]ops.Product{{C: 1, X: x, Y: x32}}))},
		{"quotient of nothing", "x is nil", one(ops.Quotient(none, x))},
		{"quotient by nothing", "y is nil", one(ops.Quotient(x, none))},
		{"quotient of shapes", "(4, 3)", one(ops.Quotient(x, half))},
		{"power of nothing", "x is nil", one(ops.Power(none, 2))},
		{"sine of a vector", "matrix", one(ops.Sin(vector))},
		{"cosine of nothing", "x is nil", one(ops.Cos(none))},
		{"mean square of a scalar", "matrix", one(ops.MeanSquare(scalar))},
		{"quadrature without a value", "value 1", one(ops.Quadrature(gorgonia.Nodes{scalar, nil}, []float64{1, 1}, scalar))},
		{"quadrature of a matrix", "(4, 6)", one(ops.Quadrature(gorgonia.Nodes{x}, []float64{1}, scalar))},
		{"quadrature weights", "2 weights", one(ops.Quadrature(gorgonia.Nodes{scalar}, []float64{1, 1}, scalar))},
		{"quadrature of nothing", "no terms", one(ops.Quadrature(gorgonia.Nodes{scalar}, []float64{0}, scalar))},
		{"quadrature step", "h is", one(ops.Quadrature(gorgonia.Nodes{scalar}, []float64{1}, x))},
	} {
		if c.err == nil {
			t.Errorf("%s: no error", c.name)
		} else if !strings.Contains(c.err.Error(), c.mentions) {
			t.Errorf("%s: error %q does not mention %q", c.name, c.err, c.mentions)
		}
	}
}
