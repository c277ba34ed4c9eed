package kernel

import (
	"slices"
	"testing"
)

// A small product has the bits of Gemm and of Affine.
func TestSmallProduct(t *testing.T) {
	bothTypes(t, testSmallProduct[float32], testSmallProduct[float64])
}

func testSmallProduct[T Float](t *testing.T) {
	rnd := newRand()
	for _, s := range append(shapes, [3]int{50, 2, 1}, [3]int{2, 50, 1}, [3]int{4, 3, 50}, [3]int{13, 29, 4}, [3]int{3, 100, 9}) {
		m, n, k := s[0], s[1], s[2]
		a, b, bias, wt := random[T](rnd, m*k), random[T](rnd, k*n), random[T](rnd, n), random[T](rnd, n)
		for variant := range 8 {
			transA, transB, accumulate := variant&1 != 0, variant&2 != 0, variant&4 != 0
			if !IsSmall(transA, transB, m, n, k) {
				continue
			}
			lda, ldb := k, n
			if transA {
				lda = m
			}
			if transB {
				ldb = k
			}
			want := random[T](rnd, m*n)
			c, check := fenced[T](m * n)
			copy(c, want)
			Gemm(transA, transB, m, n, k, a, lda, b, ldb, accumulate, want, n)
			p := SmallProduct[T]{TransA: transA, TransB: transB, M: m, N: n, K: k, Accumulate: accumulate, A: a, B: b, C: c}
			p.Compute()
			check(t)
			if !slices.Equal(c, want) {
				t.Errorf("%s, transposed %v, %v, accumulate %v: %v, by Gemm %v", shapeName(m, n, k), transA, transB, accumulate, c, want)
			}
		}
		if !IsSmall(false, false, m, n, k) {
			continue
		}
		for variant := range 4 {
			var b1, w1 []T
			if variant&1 != 0 {
				b1 = bias
			}
			if variant&2 != 0 {
				w1 = wt
			}
			want := make([]T, m*n)
			y, check := fenced[T](m * n)
			Affine(Tanh, m, n, k, a, b, b1, w1, 0.7, want)
			p := SmallProduct[T]{M: m, N: n, K: k, Act: Tanh, A: a, B: b, C: y, Bias: b1, WT: w1, T: 0.7}
			p.Compute()
			check(t)
			if !slices.Equal(y, want) {
				t.Errorf("%s, terms %b: %v, by Affine %v", shapeName(m, n, k), variant, y, want)
			}
		}
	}
}

func TestIsSmall(t *testing.T) {
	for _, c := range []struct {
		m, n, k int
		want    bool
	}{{1, 785, 100, true}, {50, 2, 1, true}, {512, 100, 784, false}, {0, 3, 4, false}, {3, 4, 0, false}} {
		if got := IsSmall(false, false, c.m, c.n, c.k); got != c.want {
			t.Errorf("%s: %v, expected %v", shapeName(c.m, c.n, c.k), got, c.want)
		}
	}
}

func TestSmallProductDoesNotAllocate(t *testing.T) {
	x := make([]float64, 100)
	p := &SmallProduct[float64]{M: 1, N: 2, K: 50, Act: Tanh, A: x[:50], B: x, C: x[:2], Bias: x[2:4], WT: x[4:6]}
	p.Compute()
	noAllocs(t, "SmallProduct", p.Compute)
}
