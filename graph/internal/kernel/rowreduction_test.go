package kernel

import (
	"math"
	"slices"
	"testing"
)

// A sum over rows is the product, however its rows are cut and shared out among
// partial sums, of which some stay empty.
func TestRowReduction(t *testing.T) {
	bothTypes(t, testRowReduction[float32], testRowReduction[float64])
}

func testRowReduction[T Float](t *testing.T) {
	rnd := newRand()
	for _, s := range append(shapes, [3]int{0, 1, 5}, [3]int{0, 20, 77}, [3]int{0, 50, 64}) {
		m, n, rows := s[0], s[1], s[2]
		a, b := random[T](rnd, rows*m), random[T](rnd, rows*n)
		a2, b2 := random[T](rnd, rows*m), random[T](rnd, rows*n)
		for _, accumulate := range []bool{false, true} {
			c, check := fenced[T](max(m, 1) * n)
			want, size := make([]float64, len(c)), make([]float64, len(c))
			for i := range c {
				if accumulate {
					c[i] = T(rnd.NormFloat64())
					want[i] = float64(c[i])
				}
			}
			for _, x := range [][2][]T{{a, b}, {a2, b2}} {
				for p := range rows {
					for i := range c {
						v := float64(x[1][p*n+i%n])
						if m > 0 {
							v *= float64(x[0][p*m+i/n])
						}
						want[i] += v
						size[i] += math.Abs(v)
					}
				}
			}
			var sums PartialSums[T]
			var r, r2 RowReduction[T]
			for range 2 { // what the first round left is gone in the second
				sums.Reserve(4, m, n)
				r.Bind(m, n, a, b, &sums)
				r2.Bind(m, n, a2, b2, &sums)
				for lo, part := 0, 3; lo < rows; lo, part = lo+49, (part+2)%4 { // two of the four parts
					r.Rows(part, lo, min(lo+49, rows))
					r2.Rows(part, lo, min(lo+49, rows))
				}
			}
			sums.AddTo(c, accumulate)
			check(t)
			for i := range c {
				if d := math.Abs(float64(c[i]) - want[i]); !(d <= float64(rows+4)*epsilon[T]()*(size[i]+1)) {
					t.Fatalf("%s, accumulate %v: entry %d is %v, want %v", shapeName(m, n, rows), accumulate, i, c[i], want[i])
				}
			}
		}
	}
}

// Nothing comes of the rows that are not asked for, which tiles may read.
func TestRowReductionOfSomeRows(t *testing.T) {
	bothTypes(t, testRowReductionOfSomeRows[float32], testRowReductionOfSomeRows[float64])
}

func testRowReductionOfSomeRows[T Float](t *testing.T) {
	const rows, m, n = 30, 11, 13
	rnd := newRand()
	a, b := random[T](rnd, rows*m), random[T](rnd, rows*n)
	sum := func() []T {
		var sums PartialSums[T]
		var r RowReduction[T]
		sums.Reserve(2, m, n)
		r.Bind(m, n, a, b, &sums)
		r.Rows(1, 7, 7)
		r.Rows(0, 10, 20)
		c := make([]T, m*n)
		sums.AddTo(c, false)
		return c
	}
	want := sum()
	for i := range rows {
		if i < 10 || i >= 20 {
			a[i*m], b[i*n+n-1] = T(math.NaN()), T(math.Inf(1))
		}
	}
	if got := sum(); !slices.Equal(got, want) {
		t.Errorf("%v, expected %v", got, want)
	}
}
