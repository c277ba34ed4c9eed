package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats/scalar"
)

func TestSDEInitialStep(t *testing.T) {
	const hmin, hmax = 1e-10, 2
	for _, tt := range []struct {
		name                  string
		h0, d1, change, order float64
		want                  float64
	}{
		// h^(γ+1/2)·max(d1, change/h0) = 0.01.
		{"slope decides", 0.01, 1e4, 2, 1.5, 1e-3},
		{"change decides", 0.01, 10, 1e4, 1.5, 1e-4},
		{"order 1", 0.01, 1e4, 2, 1, 1e-4},
		{"no change", 0.01, 1e4, 0, 1.5, 1e-3},
		{"at most 100 probes", 1e-4, 1, 1e-5, 1.5, 1e-2},
		{"at most the interval", 1, 1e-9, 1e-9, 1.5, 2},
		{"at least the smallest step", 1e-6, 1e30, 1, 1.5, 1e-10},
		{"no equation", 1e-6, 0, 0, 1.5, 1e-6},
		{"no equation, long probe", 0.5, 0, 0, 1.5, 5e-4},
		{"overflown slope", 1e-6, math.Inf(1), 1, 1.5, 1e-10},
	} {
		if got := sdeInitialStep(tt.h0, tt.d1, tt.change, tt.order, hmin, hmax); !scalar.EqualWithinRel(got, tt.want, 1e-14) {
			t.Errorf("%s: %v, expected %v", tt.name, got, tt.want)
		}
	}
	if got := sdeInitialStep(1e-3, 1, math.NaN(), 1.5, hmin, hmax); !math.IsNaN(got) {
		t.Errorf("change NaN: %v, expected NaN", got)
	}
}
