package kernel

import (
	"fmt"
	"math"
	"testing"
)

func TestRowComb(t *testing.T) { bothTypes(t, testRowComb[float32], testRowComb[float64]) }

// testRowComb compares combinations by rows with loops, and each row with what it is
// alone, bit for bit.
func testRowComb[T Float](t *testing.T) {
	rnd := newRand()
	for _, width := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 511, 512, 513, 1100} {
		for _, rows := range []int{1, 2, 5, 8, 19, 129} {
			if rows*width > 20000 {
				continue
			}
			for _, accumulate := range []bool{false, true} {
				n := rows * width
				x := [][]T{random[T](rnd, n), random[T](rnd, n), random[T](rnd, n), random[T](rnd, n)}
				h, weights := random[float64](rnd, rows), random[float64](rnd, 3*rows)
				k := []RowCoefficient{
					{C: 1},
					{C: 0.5, Scale: h},
					{C: -2, Scale: h, Weights: weights[1:], Stride: 3},
					{C: 3, Weights: weights, Stride: 3},
				}
				k = append(k, RowCoefficient{C: -1, Scale: h})
				x = append(x, random[T](rnd, n))
				dst, check := fenced[T](n)
				before, want := random[T](rnd, n), make([]float64, n)
				for i := range want {
					r := i / width
					if accumulate {
						want[i] = float64(before[i])
					}
					want[i] += float64(x[0][i]) + h[r]*(0.5*float64(x[1][i])-float64(x[4][i])) - 2*h[r]*weights[3*r+1]*float64(x[2][i]) + 3*weights[3*r]*float64(x[3][i])
				}
				var s RowComb[T]
				copy(dst, before)
				s.Bind(dst, width, accumulate)
				for i := range k {
					s.Add(k[i], x[i])
				}
				s.Rows(0, rows/3)
				s.Rows(rows/3, rows)
				check(t)
				checkClose(t, fmt.Sprintf("%d rows of %d", rows, width), dst, want, 100*epsilon[T]())

				for r := range rows {
					lo, hi := r*width, (r+1)*width
					alone := append([]T{}, before[lo:hi]...)
					s.Bind(alone, width, accumulate)
					for i, k := range k {
						if k.Scale != nil {
							k.Scale = k.Scale[r : r+1]
						}
						if k.Weights != nil {
							k.Weights = k.Weights[3*r:]
						}
						s.Add(k, x[i][lo:hi])
					}
					s.All()
					for i := range alone {
						if alone[i] != dst[lo+i] {
							t.Fatalf("row %d of %d, column %d of %d is %v, alone %v", r, rows, i, width, dst[lo+i], alone[i])
						}
					}
				}
			}
		}
	}
}

// A combination without columns has the bits of LinComb, and no terms are zero.
func TestRowCombOfNumbers(t *testing.T) {
	bothTypes(t, testRowCombOfNumbers[float32], testRowCombOfNumbers[float64])
}

func testRowCombOfNumbers[T Float](t *testing.T) {
	rnd := newRand()
	x, y := random[T](rnd, 70), random[T](rnd, 70)
	got, want := make([]T, 70), make([]T, 70)
	LinComb(want, []T{0.3, -0.7}, [][]T{x, y}, false)
	var s RowComb[T]
	s.Bind(got, 7, false)
	s.Add(RowCoefficient{C: 0.3}, x)
	s.Add(RowCoefficient{C: -0.7}, y)
	s.All()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("element %d is %v, expected %v", i, got[i], want[i])
		}
	}
	s.Bind(nil, 7, false)
	s.All()
}

// Where a column is zero a step is the identity, and NaN stays in its row.
func TestRowCombRowsApart(t *testing.T) {
	bothTypes(t, testRowCombRowsApart[float32], testRowCombRowsApart[float64])
}

func testRowCombRowsApart[T Float](t *testing.T) {
	rnd := newRand()
	for _, width := range []int{2, 3, 16, 40} {
		const rows = 11
		z, k, h := random[T](rnd, rows*width), random[T](rnd, rows*width), random[float64](rnd, rows)
		h[4], h[7] = 0, math.NaN()
		dst := make([]T, len(z))
		ScaledComb(dst, width, []T{1}, [][]T{z}, h, []T{2}, [][]T{k}, 0, rows, false)
		for i, v := range dst {
			if r := i / width; r == 4 && v != z[i] || (v != v) != (r == 7) {
				t.Fatalf("row %d of width %d has %v", r, width, v)
			}
		}
	}
}

func TestRowCombSameBits(t *testing.T) {
	bothTypes(t, testRowCombSameBits[float32], testRowCombSameBits[float64])
}

func testRowCombSameBits[T Float](t *testing.T) {
	rnd := newRand()
	x, y, h := random[T](rnd, 5003*9), random[T](rnd, 5003*9), random[float64](rnd, 5003)
	sameBits(t, "RowComb", func() []T {
		dst := make([]T, len(x))
		var s RowComb[T]
		s.Bind(dst, 9, false)
		s.Add(RowCoefficient{C: 1}, x)
		s.Add(RowCoefficient{C: 2, Scale: h}, y)
		s.All()
		return dst
	})
}

func TestRowCombDoesNotAllocate(t *testing.T) {
	x, y, h := make([]float32, 40), make([]float32, 40), make([]float64, 20)
	dst := make([]float32, 40)
	var s RowComb[float32]
	noAllocs(t, "RowComb", func() {
		s.Bind(dst, 2, false)
		s.Add(RowCoefficient{C: 1}, x)
		s.Add(RowCoefficient{C: 2, Scale: h}, y)
		s.Add(RowCoefficient{C: 2, Weights: h, Stride: 1}, y)
		s.All()
	})
}

// Terms in other memory are those of a new sum.
func TestRowCombMoves(t *testing.T) {
	bothTypes(t, testRowCombMoves[float32], testRowCombMoves[float64])
}

func testRowCombMoves[T Float](t *testing.T) {
	const rows, width = 5, 3
	rnd := newRand()
	var moved, fresh RowComb[T]
	for turn := range 3 {
		h := random[float64](rnd, rows)
		var x [4][]T
		for i := range x {
			x[i] = random[T](rnd, rows*width)
		}
		k := []RowCoefficient{{C: 2, Scale: h}, {C: 1}, {C: -3, Scale: h}, {C: 0.5}}
		got, want := make([]T, rows*width), make([]T, rows*width)
		fresh.Bind(want, width, false)
		if turn == 0 {
			moved.Bind(got, width, false)
		} else {
			moved.Rebind(got)
		}
		for i, x := range x {
			fresh.Add(k[i], x)
			if turn == 0 {
				moved.Add(k[i], x)
			} else {
				moved.Move(i, x, k[i].Scale)
			}
		}
		fresh.All()
		moved.All()
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("turn %d: element %d is %v, expected %v", turn, i, got[i], want[i])
			}
		}
	}
}

// BenchmarkRowComb compares a stage z + h Σ a_j k_j of six slopes whose step size is a
// column with one whose step size is a number.
func BenchmarkRowComb(b *testing.B) {
	for _, s := range [][2]int{{128, 2}, {128, 3}, {128, 5}, {128, 10}, {128, 16}, {512, 2}, {512, 20}, {512, 33}, {128, 64}, {512, 784}} {
		rows, width := s[0], s[1]
		x, c := make([][]float32, 7), make([]float32, 7)
		for i := range x {
			x[i] = make([]float32, rows*width)
		}
		dst, h := make([]float32, rows*width), make([]float64, rows)
		b.Run(fmt.Sprintf("number/%dx%d", rows, width), func(b *testing.B) {
			for range b.N {
				LinComb(dst, c, x, false)
			}
		})
		b.Run(fmt.Sprintf("column/%dx%d", rows, width), func(b *testing.B) {
			var s RowComb[float32]
			for range b.N {
				s.Bind(dst, width, false)
				s.Add(RowCoefficient{C: 1}, x[0])
				for _, k := range x[1:] {
					s.Add(RowCoefficient{C: 1, Scale: h}, k)
				}
				s.All()
			}
		})
	}
}
