package graph_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
)

// TestRowsThatDoNotFit copies and adds rows to where there are none, and rows of
// another length: nothing is cut off in silence.
func TestRowsThatDoNotFit(t *testing.T) {
	value := func(dt tensor.Dtype, shape ...int) func() error {
		return func() error {
			dst, src := value.New(dt, 3, 2), value.New(dt, shape[1:]...)
			value.CopyRows(dst, shape[0], src)
			value.AddRows(dst, shape[0], src)
			return nil
		}
	}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, shape := range [][]int{{0, 3, 2}, {2, 1, 2}, {1, 2, 2}} {
			if err := orPanic(value(dt, shape...)); err != nil {
				t.Errorf("%v into row %d: %v", shape[1:], shape[0], err)
			}
		}
		for _, shape := range [][]int{{0, 4, 2}, {3, 1, 2}, {2, 2, 2}, {-1, 1, 2}, {0, 1, 3}, {0, 2, 1}, {0}, {1 << 40, 1, 2}, {math.MaxInt, 1, 2}} {
			if err := orPanic(value(dt, shape...)); err == nil || !strings.Contains(err.Error(), "expected them to fit") {
				t.Errorf("%v into row %d of (3, 2): error %v, expected a panic that says so", shape[1:], shape[0], err)
			}
		}
	}
}

// TestEachRow moves rows of matrices, and of tensors of more axes, by lists.
func TestEachRow(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, shape := range [][]int{{3, 2}, {3, 2, 1}, {3, 1, 2}} {
			src, nan := value.New(dt, shape...), value.New(dt, shape...)
			value.SetFloat64s(src, []float64{1, 2, 3, 4, 5, 6})
			value.SetFloat64s(nan, []float64{1, 2, 3, math.NaN(), math.Inf(1), 6})
			for i, want := range []bool{true, false, false} {
				if value.FiniteRow(nan, i) != want {
					t.Errorf("row %d of %v is finite: %v, expected %v", i, nan, !want, want)
				}
			}
			for _, tt := range []struct {
				to, from   []int
				copy, plus []float64
			}{
				{nil, nil, []float64{1, 2, 3, 4, 5, 6}, []float64{2, 3, 4, 5, 6, 7}},
				{[]int{2, 0}, []int{1, 2}, []float64{5, 6, 1, 1, 3, 4}, []float64{6, 7, 1, 1, 4, 5}},
				{nil, []int{2, 2}, []float64{5, 6, 5, 6, 1, 1}, []float64{6, 7, 6, 7, 1, 1}},
				{[]int{1}, nil, []float64{1, 1, 1, 2, 1, 1}, []float64{1, 1, 2, 3, 1, 1}},
				{[]int{}, []int{}, []float64{1, 1, 1, 1, 1, 1}, []float64{1, 1, 1, 1, 1, 1}},
			} {
				for i, f := range []func(gorgonia.Value, []int, gorgonia.Value, []int){value.CopyEachRow, value.AddEachRow} {
					dst, want := value.New(dt, shape...), [][]float64{tt.copy, tt.plus}[i]
					value.SetFloat64s(dst, []float64{1, 1, 1, 1, 1, 1})
					f(dst, tt.to, src, tt.from)
					if got := value.Float64s(dst); !slices.Equal(got, want) {
						t.Errorf("rows %v to %v: %v, expected %v", tt.from, tt.to, got, want)
					}
				}
			}
			for what, f := range map[string]func(){
				"another length of rows":  func() { value.CopyEachRow(value.New(dt, 3, 3), nil, src, nil) },
				"more rows than places":   func() { value.CopyEachRow(src, []int{1}, src, []int{0, 1}) },
				"no such row":             func() { value.AddEachRow(src, []int{3}, src, []int{0}) },
				"no row before the first": func() { value.FiniteRow(src, -1) },
			} {
				if err := orPanic(func() error { f(); return nil }); err == nil {
					t.Errorf("%s: no panic", what)
				}
			}
		}
	}
}
