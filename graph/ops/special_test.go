package ops_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// evaluate returns a scalar function of arguments of one shape and its
// gradients.
func evaluate(t *testing.T, dt tensor.Dtype, shape tensor.Shape, xs [][]float64, f func(in gorgonia.Nodes) (*gorgonia.Node, error)) (float64, [][]float64) {
	t.Helper()
	g := gorgonia.NewGraph()
	var in gorgonia.Nodes
	for i, x := range xs {
		in = append(in, input(g, string(rune('a'+i)), dt, shape, x))
	}
	y, err := f(in)
	if err != nil {
		t.Fatal(err)
	}
	d, err := graph.Differentiate(y, in...)
	if err != nil {
		t.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	var grads [][]float64
	for _, n := range d {
		grads = append(grads, value.Float64s(m.Value(n)))
	}
	return value.Scalar(m.Value(y)), grads
}

func allZero(t *testing.T, what string, grads [][]float64) {
	t.Helper()
	for i := range grads {
		for _, g := range grads[i] {
			if g != 0 {
				t.Errorf("%s: gradient of argument %d is %v, expected zeros", what, i, grads[i])
				return
			}
		}
	}
}

func TestNormRatioWithoutValue(t *testing.T) {
	one, two := []float64{1, 2}, []float64{2, 4}
	nan, tiny, huge := []float64{math.NaN(), 0}, []float64{1 + 1e-7, 2}, []float64{1e38, 1e38}
	for _, c := range []struct {
		name string
		dt   tensor.Dtype
		xs   [][]float64
	}{
		{"0/0", tensor.Float64, [][]float64{one, one, one, one}},
		{"0/1", tensor.Float64, [][]float64{one, one, one, two}},
		{"1/0", tensor.Float64, [][]float64{one, two, one, one}},
		{"NaN/1", tensor.Float64, [][]float64{nan, two, one, two}},
		{"1/NaN", tensor.Float64, [][]float64{one, two, one, nan}},
		{"overflow in float32", tensor.Float32, [][]float64{huge, one, tiny, one}},
	} {
		r, grads := evaluate(t, c.dt, tensor.Shape{1, 2}, c.xs, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.NormRatio(in[0], in[1], in[2], in[3])
		})
		if r != 0 {
			t.Errorf("%s: ratio is %v, expected 0", c.name, r)
		}
		allZero(t, c.name, grads)
	}
}

func TestErrorNormOfExactStep(t *testing.T) {
	zero := []float64{0, 0}
	e, grads := evaluate(t, tensor.Float64, tensor.Shape{1, 2}, [][]float64{zero, zero}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		z := input(in[0].Graph(), "z", tensor.Float64, tensor.Shape{1, 2}, []float64{1, 2})
		h := input(in[0].Graph(), "h", tensor.Float64, nil, []float64{0.1})
		return ops.ErrorNorm(z, z, h, in, []float64{1, -1}, 1e-6, 1e-3)
	})
	if e != 0 {
		t.Errorf("error of an exact step is %v, expected 0", e)
	}
	allZero(t, "exact step", grads)
}

// TestErrorNormByHand checks Eq. 5 on numbers worked out by hand.
func TestErrorNormByHand(t *testing.T) {
	e, _ := evaluate(t, tensor.Float64, tensor.Shape{1, 2}, [][]float64{{3, 8}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		g := in[0].Graph()
		z := input(g, "z", tensor.Float64, tensor.Shape{1, 2}, []float64{-4, 1})
		z1 := input(g, "z1", tensor.Float64, tensor.Shape{1, 2}, []float64{2, -6})
		h := input(g, "h", tensor.Float64, nil, []float64{0.5})
		return ops.ErrorNorm(z, z1, h, in, []float64{2}, 1, 0.5)
	})
	// h·2·k = (3, 8) over 1 + (4, 6)/2 = (3, 4): RMS of (1, 2).
	if want := math.Sqrt(2.5); math.Abs(e-want) > 1e-15 {
		t.Errorf("error norm is %v, expected %v", e, want)
	}
}

func TestMaxGradient(t *testing.T) {
	for _, c := range []struct {
		name           string
		initial, value float64
		terms, grads   [][]float64
	}{
		{"a tie goes to the first", 0, 3, [][]float64{{1}, {3}, {3}}, [][]float64{{0}, {1}, {0}}},
		{"the initial value wins", 5, 5, [][]float64{{1}, {3}}, [][]float64{{0}, {0}}},
		{"all negative", math.Inf(-1), -1, [][]float64{{-2}, {-1}}, [][]float64{{0}, {1}}},
	} {
		got, grads := evaluate(t, tensor.Float64, nil, c.terms, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.Largest(c.initial, in)
		})
		if got != c.value {
			t.Errorf("%s: maximum is %v, expected %v", c.name, got, c.value)
		}
		for i := range grads {
			compare(t, c.name, grads[i], c.grads[i], 0)
		}
	}
}

// TestCrossEntropyOfLargeLogits checks that nothing overflows: the loss of the
// right class is 0, that of another the distance.
func TestCrossEntropyOfLargeLogits(t *testing.T) {
	got, grads := evaluate(t, tensor.Float64, tensor.Shape{2, 2}, [][]float64{{1e4, 0, -1e4, 1e4}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return ops.CrossEntropy(in[0], input(in[0].Graph(), "labels", tensor.Float64, tensor.Shape{2}, []float64{0, 0}))
	})
	if got != 1e4 { // (0 + 2·10⁴)/2
		t.Errorf("cross entropy is %v, expected 10000", got)
	}
	compare(t, "gradient", grads[0], []float64{0, 0, -0.5, 0.5}, 1e-15)
}

// TestPowersOfZero: derivatives of whole powers of zero are those of the polynomial, and
// an exponent that is no number is refused.
func TestPowersOfZero(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		for _, tt := range []struct {
			r, first, second, third float64 // r and the derivatives of x^r at zero
		}{{0, 0, 0, 0}, {1, 1, 0, 0}, {2, 0, 2, 0}, {3, 0, 0, 6}, {4, 0, 0, 0}} {
			p, err := graph.NewPredictor(nil, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
				y, err := ops.Power(in[0], tt.r)
				var all gorgonia.Nodes
				for len(all) < 3 && err == nil {
					var d gorgonia.Nodes
					if d, err = s.VJP(y, in[1], in[0]); err == nil {
						y, all = d[0], append(all, d[0])
					}
				}
				return all, err
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			zero, one := tensor.New(tensor.Of(dt), tensor.WithShape(1, 1)), tensor.Ones(dt, 1, 1)
			got, err := p.Predict(t.Context(), zero, one)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []float64{tt.first, tt.second, tt.third} {
				if d := value.Scalar(got[i]); d != want {
					t.Errorf("%v: derivative %d of x^%v at zero is %v, expected %v", dt, i+1, tt.r, d, want)
				}
			}
		}
	}
	x := input(gorgonia.NewGraph(), "x", tensor.Float64, tensor.Shape{1, 1}, []float64{1})
	for _, r := range []float64{math.NaN(), math.Inf(1)} {
		if _, err := ops.Power(x, r); err == nil {
			t.Errorf("exponent %v: no error", r)
		}
	}
}
