package graph_test

import (
	"math"
	"strings"
	"testing"

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
