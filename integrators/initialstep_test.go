package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats/scalar"
)

func TestProbeStep(t *testing.T) {
	for _, tt := range []struct {
		name         string
		d0, d1, hmax float64
		want         float64
	}{
		{"one per cent of the state", 2, 50, 1, 4e-4},
		{"no state", 0, 50, 1, 1e-6},
		{"no slope", 2, 1e-6, 1, 1e-6},
		{"limited by the interval", 100, 1, 0.5, 0.5},
		{"overflown slope", 1, math.Inf(1), 1, 0},
		{"overflown state and slope", math.Inf(1), math.Inf(1), 1, 0},
		{"slope NaN", 1, math.NaN(), 1, 0},
	} {
		if got := probeStep(tt.d0, tt.d1, tt.hmax); !scalar.EqualWithinRel(got, tt.want, 1e-14) {
			t.Errorf("%s: %v, expected %v", tt.name, got, tt.want)
		}
	}
}

func TestInitialStep(t *testing.T) {
	const hmin, hmax = 1e-10, 2
	for _, tt := range []struct {
		name                  string
		h0, d1, change, order float64
		want                  float64
	}{
		// h^p·max(d1, d2) = 0.01 with d2 = change/h0.
		{"slope decides", 0.01, 1e3, 2, 5, math.Pow(1e-5, 1./5)},
		{"curvature decides", 0.01, 10, 1e5, 5, math.Pow(1e-9, 1./5)},
		{"stochastic order", 0.01, 1e3, 2, 2, math.Pow(1e-5, 1./2)},
		{"at most 100 probes", 1e-4, 10, 1, 5, 1e-2},
		{"at most the interval", 1, 1e-12, 1e-12, 1, 2},
		{"at least the smallest step", 1e-6, 1e30, 1, 1, 1e-10},
		{"hardly any field", 1e-6, 1e-16, 1e-30, 5, 1e-6},
		{"hardly any field, long probe", 0.5, 1e-16, 1e-30, 5, 5e-4},
		{"constant field", 0.004, 10, 0, 5, 0.4},
	} {
		if got := initialStep(tt.h0, tt.d1, tt.change, tt.order, hmin, hmax); !scalar.EqualWithinRel(got, tt.want, 1e-14) {
			t.Errorf("%s: %v, expected %v", tt.name, got, tt.want)
		}
	}
	if got := initialStep(1e-3, 1, math.NaN(), 5, hmin, hmax); !math.IsNaN(got) {
		t.Errorf("change NaN: %v, expected NaN", got)
	}
}
