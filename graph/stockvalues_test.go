package graph_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/value"
)

// elementwise lists Gorgonia's functions of one number, which TestElementwise
// compares with math.
var elementwise = []struct {
	name string
	op   func(*gorgonia.Node) (*gorgonia.Node, error)
	f    func(float64) float64
}{
	{"Abs", gorgonia.Abs, math.Abs},
	{"Sin", gorgonia.Sin, math.Sin},
	{"Cos", gorgonia.Cos, math.Cos},
	{"Exp", gorgonia.Exp, math.Exp},
	{"Log", gorgonia.Log, math.Log},
	{"Neg", gorgonia.Neg, func(x float64) float64 { return -x }},
	{"Square", gorgonia.Square, func(x float64) float64 { return x * x }},
	{"Sqrt", gorgonia.Sqrt, math.Sqrt},
	{"Inverse", gorgonia.Inverse, func(x float64) float64 { return 1 / x }},
	{"Cube", gorgonia.Cube, func(x float64) float64 { return x * x * x }},
	{"Tanh", gorgonia.Tanh, math.Tanh},
	{"Sigmoid", gorgonia.Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
	{"Log1p", gorgonia.Log1p, math.Log1p},
	{"Expm1", gorgonia.Expm1, math.Expm1},
	{"Softplus", gorgonia.Softplus, func(x float64) float64 { return math.Log1p(math.Exp(x)) }},
	{"Rectify", gorgonia.Rectify, func(x float64) float64 { return math.Max(x, 0) }},
	{"LeakyRelu", func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.LeakyRelu(x, 0.1) }, func(x float64) float64 { return math.Max(x, 0.1*x) }},
	{"Mish", gorgonia.Mish, func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) }},
	{"Pow", func(x *gorgonia.Node) (*gorgonia.Node, error) {
		c := gorgonia.NewConstant(2.5)
		if x.Dtype() == tensor.Float32 {
			c = gorgonia.NewConstant(float32(2.5))
		}
		return gorgonia.Pow(x, c)
	}, func(x float64) float64 { return math.Pow(x, 2.5) }},
}

// evaluateStock returns value and derivative of one of Gorgonia's functions, as a
// function of this package computes them.
func evaluateStock(t *testing.T, dt tensor.Dtype, op func(*gorgonia.Node) (*gorgonia.Node, error), at ...float64) (x, y, slope []float64) {
	t.Helper()
	f, err := graph.NewFunction("f", nil, []graph.Spec{{Name: "x", Dtype: dt, Shape: tensor.Shape{1, len(at)}}}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := op(in[0])
		return gorgonia.Nodes{y}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	matrix := func(v ...float64) gorgonia.Value {
		m := value.New(dt, 1, len(at))
		value.SetFloat64s(m, v)
		return m
	}
	in, one, grad := matrix(at...), matrix(slices.Repeat([]float64{1}, len(at))...), matrix(at...)
	fr := f.NewFrame()
	if err := fr.Set(0, in); err != nil {
		t.Fatal(err)
	}
	if err := fr.Forward(); err != nil {
		t.Fatal(err)
	}
	if err := fr.Accumulate([]gorgonia.Value{one}, []gorgonia.Value{grad}, nil); err != nil {
		t.Fatal(err)
	}
	return value.Float64s(in), value.Float64s(fr.Out(0)), value.Float64s(grad)
}

// TestElementwise compares Gorgonia's functions of one number with math, and their
// derivatives with central differences.
func TestElementwise(t *testing.T) {
	const h = 1e-5
	for dt, tol := range map[tensor.Dtype]float64{tensor.Float64: 1e-8, tensor.Float32: 3e-6} {
		for _, e := range elementwise {
			x, y, slope := evaluateStock(t, dt, e.op, 0.7, 2, 1.3, 0.2, 3)
			for i := range x {
				want, d := e.f(x[i]), (e.f(x[i]+h)-e.f(x[i]-h))/(2*h)
				if !(math.Abs(y[i]-want) <= tol*(1+math.Abs(want))) || !(math.Abs(slope[i]-d) <= 10*tol*(1+math.Abs(d))) {
					t.Errorf("%v %s at %v is %v with slope %v, expected %v and %v", dt, e.name, x[i], y[i], slope[i], want, d)
				}
			}
		}
	}
}

// TestWavesOfLargeArguments: sine and cosine in float32 are those of the argument,
// to rounding, however large it is, and so are their derivatives.
func TestWavesOfLargeArguments(t *testing.T) {
	at := []float64{700, -2000, 7e6, 1.3e7, -2e9, 7e9, 2e10, 1e30}
	sin := func(x float64) float64 { return math.Sin(x) }
	cos := func(x float64) float64 { return math.Cos(x) }
	minus := func(x float64) float64 { return -math.Sin(x) }
	for _, tt := range []struct {
		op       func(*gorgonia.Node) (*gorgonia.Node, error)
		f, slope func(float64) float64
	}{{gorgonia.Sin, sin, cos}, {gorgonia.Cos, cos, minus}} {
		x, y, slope := evaluateStock(t, tensor.Float32, tt.op, at...)
		for i := range x {
			if math.Abs(y[i]-tt.f(x[i])) > 1e-7 || math.Abs(slope[i]-tt.slope(x[i])) > 1e-7 {
				t.Errorf("at %v: %v with slope %v, expected %v and %v", x[i], y[i], slope[i], tt.f(x[i]), tt.slope(x[i]))
			}
		}
	}
}

// TestWrongOperationsAreRefused: in functions, predictors and objectives.
func TestWrongOperationsAreRefused(t *testing.T) {
	params := graph.NewParams(tensor.Float64)
	w, err := params.Add("w", nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, op := range map[string]func(*gorgonia.Node) (*gorgonia.Node, error){
		"log2":    gorgonia.Log2,
		"invSqrt": gorgonia.InverseSqrt,
		"Avg": func(x *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.AveragePool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{1, 1})
		},
	} {
		in := []graph.Spec{{Name: "x", Dtype: tensor.Float64, Shape: tensor.Shape{1, 1, 2, 2}}}
		build := func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := op(in[0])
			return gorgonia.Nodes{y}, err
		}
		_, ferr := graph.NewFunction("f", params, in, build)
		predictor, err := graph.NewPredictor(params, build, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, perr := predictor.Predict(context.Background(), value.New(tensor.Float64, 1, 1, 2, 2))
		objective, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := build(s, in)
			if err != nil {
				return nil, err
			}
			factor, err := s.Param(w)
			if err != nil {
				return nil, err
			}
			return gorgonia.Mul(gorgonia.Must(gorgonia.Sum(y[0])), gorgonia.Must(gorgonia.Sum(factor)))
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, oerr := objective.Evaluate(value.New(tensor.Float64, 1, 1, 2, 2))
		for _, err := range []error{ferr, perr, oerr} {
			if !errors.Is(err, hazard.ErrWrongOperation) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: error %v, expected ErrWrongOperation", name, err)
			}
		}
	}
}
