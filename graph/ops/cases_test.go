package ops_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// An argument of an operation under test.
type arg struct {
	shape  tensor.Shape
	double bool // float64 whatever the state's element type
	fixed  bool // not differentiated
	shared bool // in a case by rows, the same for all of them
	fill   func(x []float64, rng *rand.Rand)
}

func state(shape ...int) arg { return arg{shape: shape} }
func step() arg              { return arg{double: true, fixed: true} }

// A testCase is an operation on arguments of some shapes.
type testCase struct {
	name  string
	args  []arg
	build func(in gorgonia.Nodes) (*gorgonia.Node, error)
}

// matrices are the shapes (batch, dim) that every operation is tested on. The
// last is wider than a vector register and longer than a cache line.
var matrices = [][2]int{{1, 1}, {1, 3}, {3, 1}, {4, 3}, {5, 19}}

var activations = []ops.Activation{ops.Identity, ops.Tanh, ops.Sigmoid, ops.Softplus, ops.ReLU, ops.Exp}

// cases lists every operation of the package.
func cases() []testCase {
	var all []testCase
	for _, s := range matrices {
		for _, c := range casesOf(s[0], s[1]) {
			c.name = fmt.Sprintf("%s/%dx%d", c.name, s[0], s[1])
			all = append(all, c)
		}
	}
	return all
}

func casesOf(m, n int) []testCase {
	x := state(m, n)
	// Matrices whose diagonal dominates, so that systems are well conditioned.
	square := arg{shape: tensor.Shape{m, n * n}, fill: func(x []float64, _ *rand.Rand) {
		for i := 0; i < len(x); i += n * n {
			for j := range n {
				x[i+j*n+j] += float64(2 * n)
			}
		}
	}}
	labels := arg{shape: tensor.Shape{m}, fixed: true, fill: func(x []float64, rng *rand.Rand) {
		for i := range x {
			x[i] = float64(rng.IntN(n))
		}
	}}
	fixed := arg{shape: x.shape, fixed: true}
	several := arg{shape: tensor.Shape{m, 2}, fixed: true} // two processes a row
	weights := arg{shape: tensor.Shape{3}, double: true, fixed: true}
	data := []arg{x, x, x, step(), weights}
	const k = 4 // columns after a product
	all := []testCase{
		{"cube", []arg{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Cube(in[0]) }},
		{"affine", []arg{x, state(n, k)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Affine(ops.Tanh, in[0], in[1], nil, nil, nil)
		}},
		{"affine with time", []arg{x, state(n, k), state(k), {fixed: true}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Affine(ops.Sigmoid, in[0], in[1], nil, in[2], in[3])
		}},
		{"cross entropy", []arg{x, labels}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.CrossEntropy(in[0], in[1]) }},
		{"error norm", []arg{fixed, fixed, step(), x, x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			// The second stage does not take part, as in every method of order 5.
			return ops.ErrorNorm(in[0], in[1], in[2], gorgonia.Nodes{in[3], nil, in[4], in[5]}, []float64{0.3, 0, -0.7, 0.4}, 0.1, 0.2)
		}},
		{"norm ratio", []arg{x, x, x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NormRatio(in[0], in[1], in[2], in[3])
		}},
		{"squared error", []arg{x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.SquaredError(in[0], in[1], 0.7) }},
		{"stack", []arg{x, state(2*m, n), x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Stack(in) }},
		{"block", []arg{state(m+2, n+3)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Block(in[0], 1, m+1, 2, n+2) }},
		{"blocks", []arg{state(m, 2*n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			left, err := ops.Block(in[0], 0, m, 0, n)
			if err != nil {
				return nil, err
			}
			right, err := ops.Block(in[0], 0, m, n, 2*n)
			if err != nil {
				return nil, err
			}
			return ops.SquaredError(left, right, 1)
		}},
		{"view", []arg{state(m*n + 3)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.View(in[0], 2, m, n) }},
		{"copy", []arg{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.LinComb([]ops.Term{{X: in[0], C: 1}}, nil, nil)
		}},
		{"scale", []arg{x, {fixed: true}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.LinComb([]ops.Term{{X: in[0], C: -2, Scaled: true}}, in[1], nil)
		}},
		{"combination", data, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.LinComb([]ops.Term{
				{X: in[0], C: 1}, {X: in[1], C: 0.5, Scaled: true}, {X: in[2], C: -1, Scaled: true, Weight: 3}, {X: in[0], C: 2, Weight: 1},
			}, in[3], in[4])
		}},
		{"combination with noise", []arg{x, x, x, step(), fixed, fixed}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NoiseComb([]ops.NoiseTerm{
				{X: in[0], C: 1}, {X: in[1], Scaled: 0.5, Noise: []float64{0, -0.25}}, {X: in[2], Root: -0.5, Noise: []float64{0.7}},
			}, in[3], gorgonia.Nodes{in[4], in[5]})
		}},
		{"combination with one noise of two", []arg{x, step(), fixed, fixed}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NoiseComb([]ops.NoiseTerm{{X: in[0], Noise: []float64{0, 2}}}, in[1], gorgonia.Nodes{in[2], in[3]})
		}},
		{"product with noise", []arg{x, state(m, 2*n), state(m, 2*n), several, several}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NoiseProduct(in[0], []ops.NoiseFactor{{X: in[1], Noise: []float64{0.5}}, {X: in[2], Noise: []float64{-0.25, 0.75}}}, in[3:])
		}},
		{"product with one noise of two", []arg{state(m, 2*n), several, several}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NoiseProduct(nil, []ops.NoiseFactor{{X: in[0], Noise: []float64{0, 2}}}, in[1:])
		}},
		{"product of a row with a number", []arg{x, x, {shape: tensor.Shape{m, 1}, fixed: true}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NoiseProduct(in[0], []ops.NoiseFactor{{X: in[1], Noise: []float64{-3}}}, in[2:])
		}},
		{"error norm of one difference", []arg{fixed, fixed, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ErrorNorm(in[0], in[1], nil, gorgonia.Nodes{in[2]}, []float64{-0.5}, 0.1, 0.2)
		}},
		{"sample mean", []arg{state(m*(n+1), n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return sampleMean(in[0], n+1) }},
		{"sample variance", []arg{state(m*(n+1), n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return sampleVariance(in[0], n+1)
		}},
		{"column sum", []arg{{shape: x.shape, fixed: true}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ColSum(in[0]) }},
		{"scaled RMS", []arg{fixed, fixed}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ScaledRMS(in[0], nil, in[1], 0.1, 0.2)
		}},
		{"scaled RMS of a difference", []arg{fixed, fixed, fixed}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.ScaledRMS(in[0], in[1], in[2], 0.1, 0.2)
		}},
		{"error per step", []arg{state(), step()}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.ErrorPerStep(in[0], in[1]) }},
		{"squared error per step", []arg{state(), step()}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.SquaredPerStep(in[0], in[1]) }},
	}
	mask := arg{shape: tensor.Shape{2 * m, n}, fixed: true, fill: func(x []float64, rng *rand.Rand) {
		for i := range x {
			x[i] = float64(rng.IntN(2))
		}
		x[0] = 1
	}}
	rows := arg{shape: tensor.Shape{2 * m, n}, fixed: true}
	all = append(all,
		testCase{"gate of two", []arg{x, x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Gate(in[0], in[1], in[2]) }},
		testCase{"gate of one", []arg{x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Gate(in[0], in[1], nil) }},
		testCase{"gate of states", []arg{x, state(m, 3*n), state(m, 3*n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Gate(in[0], in[1], in[2])
		}},
		testCase{"gate of one of states", []arg{x, state(m, 2*n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Gate(in[0], in[1], nil)
		}},
		testCase{"hold", []arg{x, {shape: tensor.Shape{m, 4}, fixed: true}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Hold(in[0], in[1], 2)
		}},
		testCase{"Gaussian sample", []arg{state(m, 2*n), fixed}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.GaussianSample(in[0], in[1])
		}},
		testCase{"KL divergence", []arg{state(m, 2*n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.KLDivergence(in[0], 0.7) }},
		testCase{"normal log density", []arg{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.NormalLogDensity(in[0], 0.7) }},
		testCase{"mean", []arg{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Mean(in[0]) }},
		testCase{"masked squared error", []arg{state(2*m, n), rows, mask}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.MaskedSquaredError(in[0], in[1], in[2], m)
		}},
		testCase{"augment", []arg{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Augment(in[0], 2, nil) }},
		testCase{"augment by a scalar", []arg{x, {fixed: true}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Augment(in[0], 3, in[1])
		}},
		testCase{"interpolation", []arg{state(m, 3*n), {fixed: true}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Interpolate(in[0], in[1], []float64{-2, 0.1, 3})
		}},
		testCase{"column", []arg{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Column(in[0], n-1) }},
		testCase{"matmul, one column", []arg{x, state(n, k)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			p, err := ops.MatMul(in[0], in[1], false, false)
			if err != nil {
				return nil, err
			}
			return ops.Column(p, 2)
		}},
		testCase{"matmul, one column, with a transpose", []arg{x, state(k, n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			p, err := ops.MatMul(in[0], in[1], false, true)
			if err != nil {
				return nil, err
			}
			return ops.Column(p, 1)
		}},
		testCase{"beside", []arg{x, state(m, 2)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Beside(in[0], in[1]) }},
		testCase{"beside of three", []arg{state(m, 2), x, state(m, 1)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Beside(in...) }},
		testCase{"solve", []arg{square, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			lu, err := ops.Factorize(in[0])
			if err != nil {
				return nil, err
			}
			return lu.Solve(in[1])
		}},
		testCase{"solve twice", []arg{square, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			lu, err := ops.Factorize(in[0])
			if err != nil {
				return nil, err
			}
			y, err := lu.Solve(in[1])
			if err != nil {
				return nil, err
			}
			return lu.Solve(y)
		}},
		testCase{"infinity norm", []arg{state(m, n*n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.InfNorm(in[0], n) }},
		testCase{"infinity norm of blocks", []arg{state(m, (n+1)*(n+1))}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.InfNorm(in[0], n)
		}},
		testCase{"inner product of rows", []arg{x, x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.RowDot(in[0], in[1]) }},
		testCase{"squash", []arg{x, state(n), state(n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Squash(in[0], in[1], in[2]) }},
		testCase{"squash without a shift", []arg{x, state(n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Squash(in[0], in[1], nil) }},
		testCase{"convolution", []arg{state(m, 2*3*4), state(n, 2, 3, 3), state(n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Conv(in[0], in[1], in[2], ops.Window{Height: 3, Width: 4, Stride: 1, Padding: 1})
		}},
		testCase{"convolution with a stride", []arg{state(m, 5*n), state(3, 1, 2, 1)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Conv(in[0], in[1], nil, ops.Window{Height: 5, Width: n, Stride: 2})
		}},
		testCase{"layer norm", []arg{x, state(n), state(n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.GroupNorm(in[0], in[1], in[2], 1, 1e-5)
		}},
		testCase{"group norm", []arg{state(m, 6*n), state(6), state(6)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.GroupNorm(in[0], in[1], in[2], 3, 1e-5)
		}},
		testCase{"instance norm", []arg{state(m, 4*n), state(4), state(4)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.GroupNorm(in[0], in[1], in[2], 4, 0.1)
		}})
	all = append(append(all, taylorCases(m, n)...), rowCases(m, n)...)
	for _, act := range activations {
		all = append(all,
			testCase{"time affine " + act.String(), []arg{state(n), {fixed: true}, state(n)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				return ops.TimeAffine(act, in[0], in[2], in[1])
			}},
			testCase{"time affine without a bias " + act.String(), []arg{state(n), {fixed: true}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				return ops.TimeAffine(act, in[0], nil, in[1])
			}},
			testCase{"activate " + act.String(), []arg{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Activate(act, in[0]) }},
			testCase{"affine with bias and time " + act.String(), []arg{x, state(n, k), state(k), state(k), {fixed: true}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				return ops.Affine(act, in[0], in[1], in[2], in[3], in[4])
			}})
	}
	for _, terms := range []int{1, m + n} {
		args := make([]arg, terms)
		all = append(all,
			testCase{fmt.Sprintf("total of %d", terms), args, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Total(0.25, in) }},
			testCase{fmt.Sprintf("largest of %d", terms), args, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ops.Largest(0.25, in) }})
	}
	for _, trans := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		a, b := state(m, n), state(n, k)
		if trans[0] {
			a = state(n, m)
		}
		if trans[1] {
			b = state(k, n)
		}
		all = append(all, testCase{fmt.Sprintf("matmul %v", trans), []arg{a, b}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.MatMul(in[0], in[1], trans[0], trans[1])
		}})
	}
	return all
}

// A trial is a test case on a graph: the scalar product of its result with a
// random cotangent, and the gradients of that.
type trial struct {
	m     *graph.Machine
	in    gorgonia.Nodes
	out   *gorgonia.Node
	wrt   []int
	grads gorgonia.Nodes
	dot   *gorgonia.Node
}

func newTrial(t testing.TB, c testCase, dt tensor.Dtype) *trial {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	g := gorgonia.NewGraph()
	r := &trial{m: graph.NewMachine(g)}
	for i, a := range c.args {
		of := dt
		if a.double {
			of = tensor.Float64
		}
		x := make([]float64, a.shape.TotalSize())
		for j := range x {
			x[j] = float64(float32(rng.NormFloat64())) // the same for both element types
		}
		if a.fill != nil {
			a.fill(x, rng)
		}
		r.in = append(r.in, input(g, fmt.Sprint("in", i), of, a.shape, x))
		if !a.fixed {
			r.wrt = append(r.wrt, i)
		}
	}
	var err error
	if r.out, err = c.build(r.in); err != nil {
		t.Fatal(err)
	}
	cotangent := make([]float64, r.out.Shape().TotalSize())
	for j := range cotangent {
		cotangent[j] = float64(float32(rng.NormFloat64()))
	}
	r.dot = gorgonia.Must(gorgonia.HadamardProd(r.out, input(g, "cotangent", r.out.Dtype(), r.out.Shape(), cotangent)))
	if len(r.out.Shape()) > 0 {
		r.dot = gorgonia.Must(gorgonia.Sum(r.dot))
	}
	if len(r.wrt) > 0 {
		var wrt gorgonia.Nodes
		for _, i := range r.wrt {
			wrt = append(wrt, r.in[i])
		}
		if r.grads, err = graph.Differentiate(r.dot, wrt...); err != nil {
			t.Fatal(err)
		}
	}
	r.run(t)
	return r
}

func input(g *gorgonia.ExprGraph, name string, dt tensor.Dtype, shape tensor.Shape, x []float64) *gorgonia.Node {
	v := value.New(dt, shape...)
	value.SetFloat64s(v, x)
	if len(shape) == 0 {
		return gorgonia.NewScalar(g, dt, gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	return gorgonia.NewTensor(g, dt, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name), gorgonia.WithValue(v))
}

func (r *trial) run(t testing.TB) {
	t.Helper()
	if err := r.m.RunAll(); err != nil {
		t.Fatal(err)
	}
}

func (r *trial) value(n *gorgonia.Node) []float64 { return value.Float64s(r.m.Value(n)) }

// close reports whether two numbers agree, relative to the larger of 1 and
// theirs.
func closeTo(a, b, tol float64) bool {
	return math.Abs(a-b) <= tol*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

func compare(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d entries, expected %d", what, len(got), len(want))
	}
	for i := range got {
		if !closeTo(got[i], want[i], tol) {
			t.Errorf("%s: entry %d is %v, expected %v", what, i, got[i], want[i])
			return
		}
	}
}
