package graph_test

import (
	"errors"
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/value"
)

// TestOperationsWrongForSomeSettings: refused where Gorgonia computes them wrongly,
// and there alone.
func TestOperationsWrongForSomeSettings(t *testing.T) {
	indices := func(x *gorgonia.Node) *gorgonia.Node {
		v := tensor.New(tensor.WithShape(2), tensor.WithBacking([]int{1, 0}))
		return gorgonia.NewTensor(x.Graph(), tensor.Int, 1, gorgonia.WithShape(2), gorgonia.WithName("indices"), gorgonia.WithValue(v))
	}
	for _, tt := range []struct {
		name  string
		shape tensor.Shape
		wrong bool
		op    func(x *gorgonia.Node) (*gorgonia.Node, error)
	}{
		{"outer product", tensor.Shape{2}, true, func(x *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.OuterProd(x, gorgonia.Must(gorgonia.Sin(x)))
		}},
		{"matrix product", tensor.Shape{2, 2}, false, func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Mul(x, x) }},
		{"one entry", tensor.Shape{2, 2}, true, func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.At(x, 1, 0) }},
		{"rows by index", tensor.Shape{2, 2}, false, func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.ByIndices(x, indices(x), 0) }},
		{"columns by index", tensor.Shape{2, 2}, true, func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.ByIndices(x, indices(x), 1) }},
		{"entries by index", tensor.Shape{2}, true, func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.ByIndices(x, indices(x), 0) }},
		{"sparsemax of rows", tensor.Shape{2, 2}, false, func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sparsemax(x, 1) }},
		{"sparsemax of columns", tensor.Shape{2, 2}, true, func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sparsemax(x, 0) }},
	} {
		_, err := graph.NewFunction("f", nil, []graph.Spec{{Name: "x", Dtype: tensor.Float64, Shape: tt.shape}}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := tt.op(in[0])
			return gorgonia.Nodes{y}, err
		})
		if errors.Is(err, hazard.ErrWrongOperation) != tt.wrong || !tt.wrong && err != nil {
			t.Errorf("%s: error %v, expected one: %v", tt.name, err, tt.wrong)
		}
	}
}

// TestMergedConstants: constants that Gorgonia merges leave gaps in the numbers of
// nodes.
func TestMergedConstants(t *testing.T) {
	in := []graph.Spec{{Name: "p", Dtype: tensor.Float64, Shape: tensor.Shape{1}}, {Name: "target", Dtype: tensor.Float64, Shape: tensor.Shape{1}}}
	f, err := graph.NewFunction("cross entropy", nil, in, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := gorgonia.BinaryXent(in[0], in[1])
		return gorgonia.Nodes{y}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	frame := f.NewFrame()
	p, target := vector(0.25), vector(1)
	if err := errors.Join(frame.Set(0, p), frame.Set(1, target), frame.Forward()); err != nil {
		t.Fatal(err)
	}
	dp, dtarget := vector(0), vector(0)
	if err := frame.Accumulate([]gorgonia.Value{vector(1)}, []gorgonia.Value{dp, dtarget}, nil); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ got, want float64 }{
		{value.Float64s(frame.Out(0))[0], math.Log(4)}, {value.Float64s(dp)[0], -4}, {value.Float64s(dtarget)[0], math.Log(3)},
	} {
		if math.Abs(tt.got-tt.want) > 1e-14 {
			t.Errorf("%v, expected %v", tt.got, tt.want)
		}
	}
}

func vector(x float64) gorgonia.Value {
	v := value.New(tensor.Float64, 1)
	value.SetFloat64s(v, []float64{x})
	return v
}

// TestNoDerivativeOfData: an operation of data alone needs no derivative.
func TestNoDerivativeOfData(t *testing.T) {
	params := graph.NewParams(tensor.Float64)
	w, err := params.Add("w", func(w []float64) { w[0], w[1] = 2, 3 }, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	objective, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		mean, err := gorgonia.GlobalAveragePool2D(in[0]) // which has no derivative
		if err != nil {
			return nil, err
		}
		weights, err := s.Param(w)
		if err != nil {
			return nil, err
		}
		return gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(weights, gorgonia.Must(gorgonia.Reshape(mean, tensor.Shape{1, 2})))))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := value.New(tensor.Float64, 1, 2, 2, 2)
	value.SetFloat64s(x, []float64{1, 2, 3, 4, 5, 6, 7, 8})
	loss, grad, err := evaluate(objective, params, x)
	if err != nil {
		t.Fatal(err)
	}
	if g := value.Float64s(grad); loss != 2*2.5+3*6.5 || g[0] != 2.5 || g[1] != 6.5 {
		t.Errorf("loss %v, gradient %v, expected 24.5, [2.5 6.5]", loss, g)
	}
}
