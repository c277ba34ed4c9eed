package graph_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// TestReductions: sums, means and maxima over any axes, inner ones too, and the sums
// in the derivative of a broadcast.
func TestReductions(t *testing.T) {
	for _, shape := range [][]int{{3, 4}, {2, 3, 4}, {2, 3, 4, 2}, {2, 3, 1, 4}, {1, 3, 4, 4}, {2, 3, 4, 5, 2}} {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			for mask := 1; mask < 1<<len(shape); mask++ {
				var along []int
				for a := range shape {
					if mask>>a&1 == 1 {
						along = append(along, a)
					}
				}
				f, err := graph.NewFunction("reduce", nil, []graph.Spec{{Name: "x", Dtype: dt, Shape: shape}}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
					sum, err := gorgonia.Sum(in[0], along...)
					if err != nil {
						return nil, err
					}
					highest, err := gorgonia.Max(in[0], along...)
					return gorgonia.Nodes{sum, highest}, err
				})
				if err != nil {
					t.Fatal(err)
				}
				x := value.New(dt, shape...)
				entries := value.Float64s(x)
				for i := range entries {
					entries[i] = float64(i * 37 % 101)
				}
				value.SetFloat64s(x, entries)
				frame := f.NewFrame()
				if err := frame.Set(0, x); err != nil {
					t.Fatal(err)
				}
				if err := frame.Forward(); err != nil {
					t.Fatalf("%v over %v: %v", shape, along, err)
				}
				sum, highest := reduced(entries, shape, along)
				if got := value.Float64s(frame.Out(0)); !slices.Equal(got, sum) {
					t.Errorf("sum of %v over %v: %v, expected %v", shape, along, got, sum)
				}
				if got := value.Float64s(frame.Out(1)); !slices.Equal(got, highest) {
					t.Errorf("maximum of %v over %v: %v, expected %v", shape, along, got, highest)
				}
			}
		}
	}
}

// reduced returns the sums and maxima over axes of the row-major entries x.
func reduced(x []float64, shape, along []int) (sum, highest []float64) {
	place := map[int]int{}
	for i, v := range x {
		kept := 0
		for a, rest := len(shape)-1, i; a >= 0; a-- {
			if !slices.Contains(along, a) {
				kept += rest % shape[a] << (8 * (len(shape) - 1 - a))
			}
			rest /= shape[a]
		}
		k, ok := place[kept]
		if !ok {
			k = len(sum)
			place[kept] = k
			sum, highest = append(sum, 0), append(highest, math.Inf(-1))
		}
		sum[k] += v
		highest[k] = max(highest[k], v)
	}
	return sum, highest
}
