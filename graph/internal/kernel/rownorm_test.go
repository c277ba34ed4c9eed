package kernel

import (
	"math"
	"testing"
)

func TestRowNorms(t *testing.T) { bothTypes(t, testRowNorms[float32], testRowNorms[float64]) }

// testRowNorms compares sums over rows with loops, and each with that of the row alone,
// bit for bit.
func testRowNorms[T Float](t *testing.T) {
	rnd := newRand()
	const atol, rtol = 0.1, 0.3
	for _, width := range []int{1, 2, 3, 5, 8, 17, 23, 24, 31, 67, 300} {
		for _, rows := range []int{1, 2, 7, 150} {
			n := rows * width
			z, z1 := random[T](rnd, n), random[T](rnd, n)
			c, k := random[float64](rnd, 3), [][]T{random[T](rnd, n), random[T](rnd, n), random[T](rnd, n)}
			scale := random[float64](rnd, rows)
			scale[rows/2] = 0
			k[1][rows/2*width] = T(math.NaN()) // in the row without a gradient
			sums, squares, diffs := make([]float64, rows), make([]float64, rows), make([]float64, rows)
			grad, check := fenced[T](n)
			compute := func(lo, hi int) {
				RowErrorSumSq(sums, width, z, z1, c, k, atol, rtol, lo, hi)
				RowErrorGrad(grad, width, z, z1, c, k, atol, rtol, scale, lo, hi)
				RowSumSq(squares, width, z, lo, hi)
				RowDiffSumSq(diffs, width, z, z1, lo, hi)
			}
			compute(0, rows/3)
			compute(rows/3, rows)
			check(t)
			want := make([]float64, n)
			for r := range rows {
				var sum, square, diff float64
				for i := r * width; i < (r+1)*width; i++ {
					u, s := refScaledError(z, z1, c, k, atol, rtol, i)
					sum += u / s * (u / s)
					if scale[r] != 0 {
						want[i] = scale[r] * u / (s * s)
					}
					a, b := float64(z[i]), float64(z1[i])
					square += a * a
					diff += (a - b) * (a - b)
				}
				if !closeTo(sums[r], sum, 1e-13) || !closeTo(squares[r], square, 1e-13) || !closeTo(diffs[r], diff, 1e-13) {
					t.Fatalf("row %d of width %d: sums %v, %v, %v, want %v, %v, %v", r, width, sums[r], squares[r], diffs[r], sum, square, diff)
				}
			}
			checkClose(t, "RowErrorGrad", grad, want, 256*epsilon[T]())
			for r := range rows {
				lo, hi := r*width, (r+1)*width
				one, alone := make([]float64, 1), make([]T, width)
				ks := [][]T{k[0][lo:hi], k[1][lo:hi], k[2][lo:hi]}
				RowErrorSumSq(one, width, z[lo:hi], z1[lo:hi], c, ks, atol, rtol, 0, 1)
				RowErrorGrad(alone, width, z[lo:hi], z1[lo:hi], c, ks, atol, rtol, scale[r:r+1], 0, 1)
				if math.Float64bits(one[0]) != math.Float64bits(sums[r]) {
					t.Fatalf("row %d of width %d: %v, alone %v", r, width, sums[r], one[0])
				}
				for i, v := range alone {
					if v != grad[lo+i] {
						t.Fatalf("row %d of width %d: gradient %v, alone %v", r, width, grad[lo+i], v)
					}
				}
			}
		}
	}
}

func TestRowRMS(t *testing.T) {
	dst := []float32{7, 7, 7}
	RowRMS(dst, []float64{8, 18, 32}, nil, 2, 1, 3)
	if dst[0] != 7 || dst[1] != 3 || dst[2] != 4 {
		t.Errorf("%v, expected 7, 3, 4", dst)
	}
	RowRMS(dst, []float64{8, 18, 32}, []float64{-2, 0, 1}, 2, 0, 2)
	if dst[0] != 4 || dst[1] != 0 || dst[2] != 4 {
		t.Errorf("%v, expected 4, 0, 4", dst)
	}
}
