package ops_test

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

// TestBadArguments builds every operation on arguments that do not fit. It
// must fail, and name what is wrong.
func TestBadArguments(t *testing.T) {
	g, other := gorgonia.NewGraph(), gorgonia.NewGraph()
	node := func(g *gorgonia.ExprGraph, name string, dt tensor.Dtype, shape ...int) *gorgonia.Node {
		return input(g, name, dt, shape, make([]float64, tensor.Shape(shape).TotalSize()))
	}
	var (
		x       = node(g, "x", tensor.Float64, 4, 3)
		y       = node(g, "y", tensor.Float64, 3, 4)
		x32     = node(g, "x32", tensor.Float32, 4, 3)
		w       = node(g, "w", tensor.Float64, 3, 5)
		w32     = node(g, "w32", tensor.Float32, 3, 5)
		b       = node(g, "b", tensor.Float64, 5)
		v3      = node(g, "v3", tensor.Float64, 3)
		labels  = node(g, "labels", tensor.Float64, 4)
		s       = node(g, "s", tensor.Float64)
		s32     = node(g, "s32", tensor.Float32)
		ints    = gorgonia.NewMatrix(g, tensor.Int, gorgonia.WithShape(4, 3), gorgonia.WithName("ints"))
		cube    = node(g, "cube", tensor.Float64, 2, 2, 2)
		foreign = node(other, "foreign", tensor.Float64, 4, 3)
		images  = node(g, "images", tensor.Float64, 2, 24)
		kernels = node(g, "kernels", tensor.Float64, 5, 2, 3, 3)
		window  = ops.Window{Height: 3, Width: 4, Stride: 1, Padding: 1}
		none    *gorgonia.Node
		nodes   = func(n ...*gorgonia.Node) gorgonia.Nodes { return n }
		terms   = func(t ...ops.Term) []ops.Term { return t }
	)
	one := func(n *gorgonia.Node, err error) error { return err }
	for _, c := range []struct {
		name, mentions string
		err            error
	}{
		{"activation of nothing", "nil", one(ops.Activate(ops.Tanh, none))},
		{"activation of integers", "int", one(ops.Activate(ops.Tanh, ints))},
		{"unknown activation", "99", one(ops.Activate(99, x))},
		{"mean of a scalar", "expected a matrix", one(ops.Mean(s))},
		{"mean of integers", "int", one(ops.Mean(ints))},
		{"normal log density of a vector", "expected a matrix", one(ops.NormalLogDensity(v3, 1))},
		{"normal log density of integers", "int", one(ops.NormalLogDensity(ints, 1))},
		{"normal log density without a deviation", "deviation 0", one(ops.NormalLogDensity(x, 0))},
		{"cube of nothing", "nil", one(ops.Cube(none))},
		{"cube of integers", "int", one(ops.Cube(ints))},
		{"affine of nothing", "x is nil", one(ops.Affine(ops.Tanh, none, w, nil, nil, nil))},
		{"affine without weights", "w is nil", one(ops.Affine(ops.Tanh, x, none, nil, nil, nil))},
		{"affine of a vector", "(batch, dim)", one(ops.Affine(ops.Tanh, v3, w, nil, nil, nil))},
		{"affine inner dimension", "w with 3 rows", one(ops.Affine(ops.Tanh, x, x, nil, nil, nil))},
		{"affine element types", "float32", one(ops.Affine(ops.Tanh, x, w32, nil, nil, nil))},
		{"affine bias", "b is (3)", one(ops.Affine(ops.Tanh, x, w, v3, nil, nil))},
		{"affine column", "wt is (3)", one(ops.Affine(ops.Tanh, x, w, b, v3, s))},
		{"affine column without time", "both or neither", one(ops.Affine(ops.Tanh, x, w, b, b, nil))},
		{"affine time without column", "both or neither", one(ops.Affine(ops.Tanh, x, w, b, nil, s))},
		{"affine time of another type", "t is () of float32", one(ops.Affine(ops.Tanh, x, w, b, b, s32))},
		{"affine times of other rows", "t is (3, 1)", one(ops.Affine(ops.Tanh, x, w, b, b, node(g, "times3", tensor.Float64, 3, 1)))},
		{"affine times of two columns", "t is (4, 3)", one(ops.Affine(ops.Tanh, x, w, b, b, x))},
		{"time affine at times of two columns", "t is (4, 3)", one(ops.TimeAffine(ops.Tanh, b, nil, x))},
		{"interpolation at times of other rows", "t is (3, 1)", one(ops.Interpolate(x, node(g, "moments3", tensor.Float64, 3, 1), []float64{1}))},
		{"augment by a column of other rows", "column is (3, 1)", one(ops.Augment(x, 1, node(g, "column3", tensor.Float64, 3, 1)))},
		{"squash with a gate of other rows", "gate is (3, 4)", one(ops.Squash(x, y, nil))},
		{"squash with a shift of one row", "shift is (3)", one(ops.Squash(x, x, v3))},
		{"affine time that is no scalar", "t is (3)", one(ops.Affine(ops.Tanh, x, w, b, b, v3))},
		{"affine with an unknown activation", "99", one(ops.Affine(99, x, w, nil, nil, nil))},
		{"aggregate of nothing", "no terms", one(ops.Total(0, nil))},
		{"aggregate of nil", "nil", one(ops.Total(0, nodes(none)))},
		{"aggregate of a matrix", "(4, 3)", one(ops.Total(0, nodes(s, x)))},
		{"aggregate of two types", "float32", one(ops.Total(0, nodes(s, s32)))},
		{"column sum of nothing", "nil", one(ops.ColSum(none))},
		{"column sum of a vector", "(batch, dim)", one(ops.ColSum(v3))},
		{"cross entropy of nothing", "nil", one(ops.CrossEntropy(none, labels))},
		{"cross entropy without labels", "labels is nil", one(ops.CrossEntropy(x, none))},
		{"cross entropy labels", "labels is (3)", one(ops.CrossEntropy(x, v3))},
		{"cross entropy label type", "float32", one(ops.CrossEntropy(x32, labels))},
		{"error norm of nothing", "nil", one(ops.ErrorNorm(none, x, s, nodes(x), []float64{1}, 1, 1))},
		{"error norm weights", "1 stages and 2 weights", one(ops.ErrorNorm(x, x, s, nodes(x), []float64{1, 2}, 1, 1))},
		{"error norm states", "z1 is (3, 4)", one(ops.ErrorNorm(x, y, s, nodes(x), []float64{1}, 1, 1))},
		{"error norm step size", "h is () of float32", one(ops.ErrorNorm(x32, x32, s32, nodes(x32), []float64{1}, 1, 1))},
		{"error norm stage", "stage is (3, 4)", one(ops.ErrorNorm(x, x, s, nodes(y), []float64{1}, 1, 1))},
		{"error norm missing stage", "stage is nil", one(ops.ErrorNorm(x, x, s, nodes(none), []float64{1}, 1, 1))},
		{"combination of nothing", "no terms", one(ops.LinComb(nil, nil, nil))},
		{"combination of nil", "nil", one(ops.LinComb(terms(ops.Term{C: 1}), nil, nil))},
		{"combination shapes", "(3, 4)", one(ops.LinComb(terms(ops.Term{X: x, C: 1}, ops.Term{X: y, C: 1}), nil, nil))},
		{"combination without scale", "scale", one(ops.LinComb(terms(ops.Term{X: x, Scaled: true}), nil, nil))},
		{"combination with a scale that is no scalar", "scale is (3)", one(ops.LinComb(terms(ops.Term{X: x, Scaled: true}), v3, nil))},
		{"combination with a scale of more columns", "scale is (4, 3)", one(ops.LinComb(terms(ops.Term{X: x, Scaled: true}), x, nil))},
		{"combination with a scale for other rows", "scale is (3, 1)", one(ops.LinComb(terms(ops.Term{X: x, Scaled: true}), node(g, "c3", tensor.Float64, 3, 1), nil))},
		{"combination with a single column", "scale is (4, 1) of float32", one(ops.LinComb(terms(ops.Term{X: x, Scaled: true}), node(g, "c32", tensor.Float32, 4, 1), nil))},
		{"combination of vectors with a column", "scale is (3, 1)", one(ops.LinComb(terms(ops.Term{X: v3, Scaled: true}), node(g, "cv", tensor.Float64, 3, 1), nil))},
		{"combination with weights for other rows", "weights is (3, 4)", one(ops.LinComb(terms(ops.Term{X: x, Weight: 1}), nil, y))},
		{"combination beyond the columns of weights", "weight 4", one(ops.LinComb(terms(ops.Term{X: x, Weight: 4}), nil, x))},
		{"combination without weights", "weights", one(ops.LinComb(terms(ops.Term{X: x, Weight: 1}), nil, nil))},
		{"combination beyond the weights", "weight 4", one(ops.LinComb(terms(ops.Term{X: x, Weight: 4}), nil, v3))},
		{"combination with a negative weight", "weight -1", one(ops.LinComb(terms(ops.Term{X: x, Weight: -1}), nil, v3))},
		{"combination weight type", "weights", one(ops.LinComb(terms(ops.Term{X: x32, Weight: 1}), nil, node(g, "w3", tensor.Float32, 3)))},
		{"combination of two graphs", "graph", one(ops.LinComb(terms(ops.Term{X: x, C: 1}, ops.Term{X: foreign, C: 1}), nil, nil))},
		{"product with noise of nothing", "0 factors", one(ops.NoiseProduct(x, nil, nodes(x)))},
		{"product with no noise", "0 noises", one(ops.NoiseProduct(x, []ops.NoiseFactor{{X: x}}, nil))},
		{"product with noise of nil", "nil", one(ops.NoiseProduct(x, []ops.NoiseFactor{{}}, nodes(x)))},
		{"product with noise of odd columns", "3 columns, expected a multiple of the 4", one(ops.NoiseProduct(nil, []ops.NoiseFactor{{X: x, Noise: []float64{1}}}, nodes(y)))},
		{"product with noise, base", "base is (4, 3)", one(ops.NoiseProduct(x, []ops.NoiseFactor{{X: x, Noise: []float64{1}}}, nodes(x)))},
		{"product with noise of another batch", "noise is (3, 4)", one(ops.NoiseProduct(nil, []ops.NoiseFactor{{X: x, Noise: []float64{1, 1}}}, nodes(x, y)))},
		{"product with more coefficients than noises", "2 coefficients", one(ops.NoiseProduct(nil, []ops.NoiseFactor{{X: x, Noise: []float64{1, 1}}}, nodes(x)))},
		{"matmul of nothing", "nil", one(ops.MatMul(x, none, false, false))},
		{"matmul inner dimension", "(4, 3) of float64 by (4, 3)", one(ops.MatMul(x, x, false, false))},
		{"matmul element types", "float32", one(ops.MatMul(x, w32, false, false))},
		{"matmul of three dimensions", "(2, 2, 2)", one(ops.MatMul(x, cube, false, false))},
		{"combination with noise for other rows", "h is (3, 1)", one(ops.NoiseComb([]ops.NoiseTerm{{X: x, C: 1}}, node(g, "h3", tensor.Float64, 3, 1), nil))},
		{"error norm by rows of nothing", "nil", one(ops.RowErrorNorm(none, x, nil, nodes(x), []float64{1}, 1, 1))},
		{"error norm by rows weights", "1 stages and 2 weights", one(ops.RowErrorNorm(x, x, nil, nodes(x), []float64{1, 2}, 1, 1))},
		{"error norm by rows states", "z1 is (3, 4)", one(ops.RowErrorNorm(x, y, nil, nodes(x), []float64{1}, 1, 1))},
		{"error norm by rows step size", "h is ()", one(ops.RowErrorNorm(x, x, s, nodes(x), []float64{1}, 1, 1))},
		{"error norm by rows stage", "stage is (3, 4)", one(ops.RowErrorNorm(x, x, nil, nodes(y), []float64{1}, 1, 1))},
		{"norm ratio by rows shapes", "(3, 4)", one(ops.RowNormRatio(x, x, y, x))},
		{"scaled RMS by rows shapes", "y is (3, 4)", one(ops.RowScaledRMS(x, y, x, 1, 1))},
		{"infinity norm by rows of no squares", "expected n·n", one(ops.RowInfNorm(x, 1))},
		{"infinity norm by rows of too large a block", "order 3", one(ops.RowInfNorm(node(g, "squares", tensor.Float64, 2, 4), 3))},
		{"mean square by rows of a vector", "expected a matrix", one(ops.RowMeanSquare(v3))},
		{"error per step of rows with a scalar", "h is ()", one(ops.ErrorPerStep(node(g, "e4", tensor.Float64, 4, 1), s))},
		{"quadrature of a matrix", "(4, 3)", one(ops.Quadrature(nodes(x), []float64{1}, s))},
		{"total of a column and a scalar", "a term is ()", one(ops.Total(0, nodes(node(g, "t4", tensor.Float64, 4, 1), s)))},
		{"norm ratio of nothing", "nil", one(ops.NormRatio(x, x, x, none))},
		{"norm ratio shapes", "(3, 4)", one(ops.NormRatio(x, x, y, x))},
		{"stage time in a short type", "float32", one(ops.StageTime(s32, s, 0.5, tensor.Float64))},
		{"stage time in integers", "int", one(ops.StageTime(s, s, 0.5, tensor.Int))},
		{"error per step of nothing", "nil", one(ops.ErrorPerStep(none, s))},
		{"error per step of a matrix", "(4, 3)", one(ops.ErrorPerStep(x, s))},
		{"error per step size", "h is", one(ops.ErrorPerStep(s, s32))},
		{"scaled RMS of nothing", "nil", one(ops.ScaledRMS(none, nil, x, 1, 1))},
		{"scaled RMS shapes", "y is (3, 4)", one(ops.ScaledRMS(x, y, x, 1, 1))},
		{"squared error of nothing", "nil", one(ops.SquaredError(x, none, 1))},
		{"squared error shapes", "(3, 4)", one(ops.SquaredError(x, y, 1))},
		{"squared error types", "float32", one(ops.SquaredError(x, x32, 1))},
		{"block of nothing", "nil", one(ops.Block(none, 0, 1, 0, 1))},
		{"block of a vector", "(batch, dim)", one(ops.Block(v3, 0, 1, 0, 1))},
		{"block of no rows", "[2, 2)", one(ops.Block(x, 2, 2, 0, 1))},
		{"block beyond the end", "[0, 4), expected some of a matrix (4, 3)", one(ops.Block(x, 0, 4, 0, 4))},
		{"block before the start", "[-1, 1)", one(ops.Block(x, -1, 1, 0, 1))},
		{"stack of nothing", "nothing", one(ops.Stack(nil))},
		{"stack of nil", "nil", one(ops.Stack(nodes(x, none)))},
		{"stack of other columns", "(3, 4)", one(ops.Stack(nodes(x, y)))},
		{"augment of nothing", "x is nil", one(ops.Augment(none, 1, nil))},
		{"augment of a vector", "(batch, dim)", one(ops.Augment(v3, 1, nil))},
		{"augment by no columns", "0 columns", one(ops.Augment(x, 0, nil))},
		{"augment without end", "augment", one(ops.Augment(x, math.MaxInt, nil))},
		{"augment beyond any memory", "augment", one(ops.Augment(x, 1<<40, nil))},
		{"augment by a vector", "scalar is (3)", one(ops.Augment(x, 1, v3))},
		{"augment by another type", "float32", one(ops.Augment(x, 1, s32))},
		{"interpolation of nothing", "x is nil", one(ops.Interpolate(none, s, []float64{0, 1}))},
		{"interpolation at no times", "for 0 times", one(ops.Interpolate(x, s, nil))},
		{"interpolation of too few columns", "(batch, times·dim)", one(ops.Interpolate(x, s, make([]float64, 5)))},
		{"interpolation at times that do not ascend", "time 1 is 0", one(ops.Interpolate(x, s, make([]float64, x.Shape()[1])))},
		{"interpolation at another type of time", "float32", one(ops.Interpolate(x, s32, make([]float64, x.Shape()[1])))},
		{"convolution of nothing", "x is nil", one(ops.Conv(none, kernels, nil, window))},
		{"convolution without weights", "w is nil", one(ops.Conv(images, none, nil, window))},
		{"convolution with a matrix", "expected (out, channels, kernel height, kernel width)", one(ops.Conv(images, x, nil, window))},
		{"convolution of another type", "of float32", one(ops.Conv(node(g, "i32", tensor.Float32, 2, 24), kernels, nil, window))},
		{"convolution bias", "b is (3)", one(ops.Conv(images, kernels, v3, window))},
		{"convolution channels", "3 columns, expected 2·3·4", one(ops.Conv(x, kernels, nil, window))},
		{"convolution of small images", "(3, 3), expected one that fits into images (1, 12)", one(ops.Conv(images, kernels, nil, ops.Window{Height: 1, Width: 12, Stride: 1}))},
		{"convolution without a stride", "Stride:0", one(ops.Conv(images, kernels, nil, ops.Window{Height: 3, Width: 4}))},
		{"convolution of padding", "padding of 3", one(ops.Conv(images, kernels, nil, ops.Window{Height: 3, Width: 4, Stride: 1, Padding: 3}))},
		{"convolution with padding without end", "expected less than 3", one(ops.Conv(images, kernels, nil, ops.Window{Height: 3, Width: 4, Stride: 1, Padding: math.MaxInt}))},
		{"convolution with negative padding", "Padding:-1", one(ops.Conv(images, kernels, nil, ops.Window{Height: 3, Width: 4, Stride: 1, Padding: -1}))},
		{"group norm of nothing", "x is nil", one(ops.GroupNorm(none, v3, v3, 1, 1))},
		{"group norm without a scale", "scale is nil", one(ops.GroupNorm(x, none, v3, 1, 1))},
		{"group norm without a shift", "shift is nil", one(ops.GroupNorm(x, v3, none, 1, 1))},
		{"group norm scale", "scale is (4, 3)", one(ops.GroupNorm(x, x, v3, 1, 1))},
		{"group norm shift", "shift is (5)", one(ops.GroupNorm(x, v3, b, 1, 1))},
		{"group norm channels", "3 columns in 5 channels", one(ops.GroupNorm(x, b, b, 1, 1))},
		{"group norm types", "float32", one(ops.GroupNorm(x32, v3, v3, 1, 1))},
		{"group norm groups", "3 channels in 2 groups", one(ops.GroupNorm(x, v3, v3, 2, 1))},
		{"group norm without groups", "0 groups", one(ops.GroupNorm(x, v3, v3, 0, 1))},
		{"group norm without epsilon", "epsilon 0", one(ops.GroupNorm(x, v3, v3, 1, 0))},
		{"group norm with no number", "epsilon NaN", one(ops.GroupNorm(x, v3, v3, 1, math.NaN()))},
		{"view of nothing", "vector", one(ops.View(none, 0, 1))},
		{"view of a matrix", "vector", one(ops.View(x, 0, 1))},
		{"view beyond the end", "[2, 4), expected some of a vector of 3", one(ops.View(v3, 2, 2))},
		{"view before the start", "[-1, 1)", one(ops.View(v3, -1, 2))},
		{"view of no size", "(0)", one(ops.View(v3, 0, 0))},
		{"view of negative size", "(-1, -2)", one(ops.View(v3, 0, -1, -2))},
	} {
		if c.err == nil {
			t.Errorf("%s: no error", c.name)
		} else if !strings.Contains(c.err.Error(), c.mentions) {
			t.Errorf("%s: error %q does not mention %q", c.name, c.err, c.mentions)
		}
	}
}

// TestLabelRange runs the cross entropy on labels that are no class numbers.
func TestLabelRange(t *testing.T) {
	for _, label := range []float64{-1, 3, 0.5, math.NaN(), math.Inf(1)} {
		g := gorgonia.NewGraph()
		x := input(g, "x", tensor.Float64, tensor.Shape{2, 3}, make([]float64, 6))
		l := input(g, "labels", tensor.Float64, tensor.Shape{2}, []float64{2, label})
		if _, err := ops.CrossEntropy(x, l); err != nil {
			t.Fatal(err)
		}
		if err := graph.NewMachine(g).RunAll(); err == nil || !strings.Contains(err.Error(), "label 1") {
			t.Errorf("label %v: error %v, expected one that names label 1", label, err)
		}
	}
}

// TestPanicIsAnError runs an operation on values that it was not made for.
func TestPanicIsAnError(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", tensor.Float64, tensor.Shape{2, 3}, make([]float64, 6))
	y, err := ops.Cube(x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := y.Op().Do(value.New(tensor.Float32, 2, 3)); err == nil {
		t.Error("an operation on float64 accepts float32")
	}
}
