package ops

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
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
