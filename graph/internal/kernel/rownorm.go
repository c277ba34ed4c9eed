package kernel

import "math"

// narrowError and narrowSum are the numbers of columns below which rows of errors, and of
// squares, are summed up one by one in Go: a call for each would cost more.
const (
	narrowError = 24
	narrowSum   = 14
)

// RowErrorSumSq writes the sum of [ErrorSumSq] over each of the rows lo to hi of
// matrices of so many columns to sums[lo:hi], on the calling goroutine. A row's sum
// depends on the row alone.
func RowErrorSumSq[T Float](sums []float64, width int, z, z1 []T, c []float64, k [][]T, atol, rtol float64, lo, hi int) {
	e := scaledError[T]{z[:hi*width], z1[:hi*width], c, k, atol, rtol}
	checkTerms(hi*width, len(c), k)
	sums = sums[:hi]
	if width >= narrowError {
		for r := lo; r < hi; r++ {
			sums[r] = e.sumSq(r*width, (r+1)*width)
		}
		return
	}
	var ratio [ratioLen]float64
	for lo < hi {
		end := min(lo+ratioLen/max(1, width), hi)
		e.ratios(ratio[:], lo*width, end*width, false)
		at := ratio[:]
		for r := lo; r < end; r++ {
			var sum float64
			for _, v := range at[:width] {
				sum += v * v
			}
			sums[r], at = sum, at[width:]
		}
		lo = end
	}
}

// RowErrorGrad computes dst_i = scale[r]·u_i/s_i² for the elements i of each of the rows
// r from lo to hi of matrices of so many columns, on the calling goroutine, with u and s
// as in [ErrorSumSq]. A row whose scale is 0 is 0. dst must not be an operand.
func RowErrorGrad[T Float](dst []T, width int, z, z1 []T, c []float64, k [][]T, atol, rtol float64, scale []float64, lo, hi int) {
	e := scaledError[T]{z[:hi*width], z1[:hi*width], c, k, atol, rtol}
	checkTerms(hi*width, len(c), k)
	dst, scale = dst[:hi*width], scale[:hi]
	if width >= narrowError {
		for r := lo; r < hi; r++ {
			if scale[r] == 0 {
				clear(dst[r*width : (r+1)*width])
				continue
			}
			e.grad(dst, r*width, (r+1)*width, scale[r])
		}
		return
	}
	var ratio [ratioLen]float64
	for lo < hi {
		end := min(lo+ratioLen/max(1, width), hi)
		e.ratios(ratio[:], lo*width, end*width, true)
		at := ratio[:]
		for r := lo; r < end; r++ {
			row, s := dst[r*width:(r+1)*width], scale[r]
			for j, v := range at[:width] {
				row[j] = T(s * v)
			}
			if s == 0 { // also where the ratio is not finite
				clear(row)
			}
			at = at[width:]
		}
		lo = end
	}
}

// ratioLen is the number of ratios of narrow rows that are computed at a time.
const ratioLen = 256

// ratios writes u/s or, if twice, u/s² for the elements lo to hi.
func (e *scaledError[T]) ratios(dst []float64, lo, hi int, twice bool) {
	dst = dst[:hi-lo]
	if e.vectorRatios(dst, lo, hi, twice) {
		return
	}
	e.combine(dst, lo)
	for i := range dst {
		s := e.scale(lo + i)
		dst[i] /= s
		if twice {
			dst[i] /= s
		}
	}
}

// RowSumSq writes Σ_j x_j² of each of the rows lo to hi of a matrix of so many columns
// to sums[lo:hi], accumulated in float64.
func RowSumSq[T Float](sums []float64, width int, x []T, lo, hi int) {
	for r := lo; r < hi; r++ {
		row := x[r*width : (r+1)*width]
		if width >= narrowSum {
			sums[r] = sumSq(row)
			continue
		}
		var sum float64
		for _, v := range row {
			sum += float64(v) * float64(v)
		}
		sums[r] = sum
	}
}

// RowDiffSumSq writes Σ_j (x_j-y_j)² of each of the rows lo to hi of matrices of so many
// columns to sums[lo:hi], accumulated in float64.
func RowDiffSumSq[T Float](sums []float64, width int, x, y []T, lo, hi int) {
	for r := lo; r < hi; r++ {
		a, b := x[r*width:(r+1)*width], y[r*width:(r+1)*width]
		if width >= narrowSum {
			sums[r] = diffSumSq(a, b)
			continue
		}
		var sum float64
		for j, v := range a {
			d := float64(v) - float64(b[j])
			sum += d * d
		}
		sums[r] = sum
	}
}

// RowRMS turns sums of squares over rows of so many columns into root mean squares,
// each times a scale's absolute value if there are scales.
func RowRMS[T Float](dst []T, sums, scale []float64, width, lo, hi int) {
	for r := lo; r < hi; r++ {
		x := math.Sqrt(sums[r] / float64(width))
		if scale != nil {
			x *= math.Abs(scale[r])
		}
		dst[r] = T(x)
	}
}
