package integrators

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// TestBridgeIsBrownian: parts of the increments of an interval, which have variance h
// each, have variances a and b, are independent, and join to the whole. The covariance
// is exact: a bridge is linear in ΔW, ΔZ and two normal variables.
func TestBridgeIsBrownian(t *testing.T) {
	const h = 0.7
	for _, x := range []float64{1e-6, 0.2, 0.5, 0.9} {
		// Vectors of the coefficients of four independent standard variables.
		vector := func(i int, c float64) []float64 {
			v := make([]float64, 4)
			v[i] = c
			return v
		}
		w, z := vector(0, math.Sqrt(h)), vector(1, math.Sqrt(h))
		left := &piece{end: x * h, dw: make([]float64, 4), dz: make([]float64, 4)}
		right := &piece{start: x * h, end: h, dw: slices.Clone(w), dz: slices.Clone(z)}
		bridge(left, right, x, h, vector(2, 1), vector(3, 1))

		parts := [][]float64{left.dw, left.dz, right.dw, right.dz}
		variances := []float64{x * h, x * h, (1 - x) * h, (1 - x) * h}
		for i, p := range parts {
			for j, q := range parts {
				want := 0.0
				if i == j {
					want = variances[i]
				}
				if got := floats.Dot(p, q); math.Abs(got-want) > 1e-15 {
					t.Errorf("x = %v: covariance of parts %d and %d is %v, expected %v", x, i, j, got, want)
				}
			}
		}
		b := &brownian{dw: left.dw, dz: left.dz}
		b.join(left.length(), right)
		if !floats.EqualApprox(b.dw, w, 1e-15) || !floats.EqualApprox(b.dz, z, 1e-15) {
			t.Errorf("x = %v: the parts join to %v and %v, expected %v and %v", x, b.dw, b.dz, w, z)
		}
	}
}

// TestBridgeGolden compares with numbers of an independent implementation, in which
// the second variable of an interval is H = ΔZ/2√3.
func TestBridgeGolden(t *testing.T) {
	const h, w, area = 0.7, 0.4, -0.1
	toH := 1 / (2 * math.Sqrt(3))
	for _, tt := range []struct{ a, w1, h1, w2, h2 float64 }{
		{0.35, 0.15458250331675943, -0.2282430927645197, 0.24541749668324056, 0.07366058944776026},
		{0.2, 0.10951594484357954, -0.1769962300605881, 0.29048405515642045, -0.06586266936627044},
	} {
		left, right := &piece{dw: make([]float64, 1), dz: make([]float64, 1)}, &piece{dw: []float64{w}, dz: []float64{area / toH}}
		bridge(left, right, tt.a/h, h, []float64{0.5}, []float64{-1.25})
		for _, v := range []struct{ got, want float64 }{
			{left.dw[0], tt.w1}, {left.dz[0] * toH, tt.h1}, {right.dw[0], tt.w2}, {right.dz[0] * toH, tt.h2},
		} {
			if math.Abs(v.got-v.want) > 1e-15 {
				t.Errorf("split at %v: %v, expected %v", tt.a, v.got, v.want)
			}
		}
	}
}
