package ops

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// TestStageTime: the time of a stage is t + c·h rounded to an element type, and
// within bounds where it has any.
func TestStageTime(t *testing.T) {
	third, inf := 1./3, math.Inf(1)
	for _, tt := range []struct {
		t    []float64
		h, c float64
		dt   tensor.Dtype
		want float64
	}{
		{[]float64{2}, 0.5, third, tensor.Float64, 2 + 0.5*third},
		{[]float64{2}, 0.5, third, tensor.Float32, float64(float32(2 + 0.5*third))},
		{[]float64{2, -inf, inf}, 0.5, third, tensor.Float64, 2 + 0.5*third},
		{[]float64{2, -inf, inf}, 0.5, third, tensor.Float32, float64(float32(2 + 0.5*third))},
		{[]float64{2, 2.25, 2.5}, 0.5, 0, tensor.Float64, 2.25},
		{[]float64{2, 2.25, 2.375}, 0.5, 1, tensor.Float32, 2.375},
		// The bound is the number before 2.1 in float32, which 2.1 itself rounds beyond.
		{[]float64{2, -inf, float64(math.Nextafter32(2.1, 0))}, 0.1, 1, tensor.Float32, float64(math.Nextafter32(2.1, 0))},
	} {
		g := gorgonia.NewGraph()
		var at *gorgonia.Node
		var v gorgonia.Value = gorgonia.NewF64(tt.t[0])
		if len(tt.t) == 1 {
			at = gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("t"))
		} else {
			at = gorgonia.NewVector(g, tensor.Float64, gorgonia.WithShape(3), gorgonia.WithName("t"))
			v = tensor.New(tensor.WithShape(3), tensor.WithBacking(tt.t))
		}
		h := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("h"))
		n, err := StageTime(at, h, tt.c, tt.dt)
		if err != nil {
			t.Fatal(err)
		}
		check := func(n *gorgonia.Node, want float64, in ...gorgonia.Value) {
			t.Helper()
			y, err := n.Op().Do(in...)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := y.Data().(float64)
			if !ok {
				got = float64(y.Data().(float32))
			}
			if got != want {
				t.Errorf("%+v: %v, expected %v", tt, got, want)
			}
		}
		check(n, tt.want, v, gorgonia.NewF64(tt.h))
		if tt.c == 0 {
			if n, err = StageTime(at, nil, 0, tt.dt); err != nil {
				t.Fatal(err)
			}
			check(n, tt.want, v)
		}
	}
	g := gorgonia.NewGraph()
	two := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithShape(2), gorgonia.WithName("t"))
	if _, err := StageTime(two, nil, 0, tensor.Float64); err == nil {
		t.Error("no error for a time of two entries")
	}
	if _, err := StageTime(gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("u")), nil, 1, tensor.Float64); err == nil {
		t.Error("no error for a stage without a step size")
	}
}

// TestStageTimeByRows: a column of times has the bits of each time by itself.
func TestStageTimeByRows(t *testing.T) {
	inf := math.Inf(1)
	h := []float64{0.5, 0.1, 0}
	times := map[int][]float64{
		1: {2, -0.3, 1. / 3},
		3: {2, -inf, 2.375, 2.1, -inf, float64(math.Nextafter32(2.1, 0)), 0.1, 0.25, inf},
	}
	for width, at := range times {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			g := gorgonia.NewGraph()
			matrix := func(name string, cols int) *gorgonia.Node {
				return gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(3, cols), gorgonia.WithName(name))
			}
			n, err := StageTime(matrix("t", width), matrix("h", 1), 0.7, dt)
			if err != nil {
				t.Fatal(err)
			}
			if !n.Shape().Eq(tensor.Shape{3, 1}) {
				t.Fatalf("a result of shape %v, expected a column", n.Shape())
			}
			all, err := n.Op().Do(dense(at, 3, width), dense(h, 3, 1))
			if err != nil {
				t.Fatal(err)
			}
			for r := range h {
				one := gorgonia.NewGraph()
				var clock *gorgonia.Node
				var v gorgonia.Value = gorgonia.NewF64(at[r*width])
				if width == 1 {
					clock = gorgonia.NewScalar(one, tensor.Float64, gorgonia.WithName("t"))
				} else {
					clock = gorgonia.NewVector(one, tensor.Float64, gorgonia.WithShape(3), gorgonia.WithName("t"))
					v = dense(at[3*r:3*r+3], 3)
				}
				n, err := StageTime(clock, gorgonia.NewScalar(one, tensor.Float64, gorgonia.WithName("h")), 0.7, dt)
				if err != nil {
					t.Fatal(err)
				}
				alone, err := n.Op().Do(v, gorgonia.NewF64(h[r]))
				if err != nil {
					t.Fatal(err)
				}
				if got, want := number(all, r), number(alone, 0); got != want {
					t.Errorf("%v, row %d of %d: %v, alone %v", dt, r, width, got, want)
				}
			}
		}
	}
	g := gorgonia.NewGraph()
	column := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(3, 1), gorgonia.WithName("column"))
	two := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(3, 2), gorgonia.WithName("two"))
	short := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(2, 1), gorgonia.WithName("short"))
	for _, in := range [][2]*gorgonia.Node{{two, nil}, {column, short}, {column, gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("h"))}} {
		if _, err := StageTime(in[0], in[1], 0, tensor.Float64); err == nil {
			t.Errorf("no error for times %v with a step size %v", in[0].Shape(), in[1])
		}
	}
}

func dense(x []float64, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
}

// number returns the i-th entry of a value as a float64.
func number(v gorgonia.Value, i int) float64 {
	if v.Dtype() == tensor.Float32 {
		return float64(raw.Elements[float32](v)[i])
	}
	return raw.Elements[float64](v)[i]
}
