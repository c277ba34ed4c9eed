package raw

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestFit looks behind values for those of a type and shape.
func TestFit(t *testing.T) {
	columns := sliced(t, dense(t, 3, 4), nil, tensor.S(1, 3))
	for _, c := range []struct {
		name  string
		v     gorgonia.Value
		dt    tensor.Dtype
		shape tensor.Shape
		want  bool
	}{
		{"matrix", dense(t, 2, 3), tensor.Float64, tensor.Shape{2, 3}, true},
		{"another shape", dense(t, 2, 3), tensor.Float64, tensor.Shape{3, 2}, false},
		{"another type", dense(t, 2, 3), tensor.Float32, tensor.Shape{2, 3}, false},
		{"columns", columns, tensor.Float64, tensor.Shape{3, 2}, false},
		{"scalar", gorgonia.NewF32(1), tensor.Float32, nil, true},
		{"scalar as a vector", gorgonia.NewF64(1), tensor.Float64, tensor.Shape{1}, false},
		{"integers", tensor.New(tensor.WithBacking([]int{1, 2})), tensor.Int, tensor.Shape{2}, false},
		{"nil", nil, tensor.Float64, nil, false},
	} {
		a, ok := Fit(c.v, c.dt, c.shape)
		if ok != c.want || ok && a != Of(c.v) {
			t.Errorf("%s: fits %v with %+v, expected %v", c.name, ok, a, c.want)
		}
	}
}

// TestPart takes elements of an array, in its memory.
func TestPart(t *testing.T) {
	d := dense(t, 5)
	p := Of(d).Part(1, 3)
	if got := Slice[float64](p); !slices.Equal(got, []float64{1, 2, 3}) {
		t.Fatalf("part %v, expected 1 to 3", got)
	}
	p.Zero()
	p.Part(2, 1).CopyFrom(Of(gorgonia.NewF64(7)))
	if got := d.Float64s(); !slices.Equal(got, []float64{0, 0, 0, 7, 4}) {
		t.Errorf("vector %v after its part changed, expected (0, 0, 0, 7, 4)", got)
	}
}

func TestFloat64(t *testing.T) {
	for _, c := range []struct {
		v    gorgonia.Value
		want float64
	}{
		{gorgonia.NewF32(0.5), 0.5}, {gorgonia.NewF64(-2), -2}, {dense(t, 1, 1), 0},
		{dense(t, 2), math.NaN()}, {gorgonia.NewI(3), math.NaN()},
	} {
		if got := Of(c.v).Float64(); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%v is %v as a number, expected %v", c.v, got, c.want)
		}
	}
}

// TestArrayRefuses checks that nothing outside of an array is touched.
func TestArrayRefuses(t *testing.T) {
	a := Of(dense(t, 3))
	for name, f := range map[string]func(){
		"a part beyond the end":   func() { a.Part(2, 2) },
		"a part before the start": func() { a.Part(-1, 2) },
		"a copy of fewer":         func() { a.CopyFrom(a.Part(0, 2)) },
		"a copy of another type":  func() { a.CopyFrom(Of(tensor.New(tensor.WithBacking([]float32{1, 2, 3})))) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
