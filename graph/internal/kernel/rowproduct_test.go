package kernel

import (
	"math"
	"slices"
	"testing"
)

// Rows computed block by block, in any order, have the bits of the product.
func TestRowProduct(t *testing.T) { bothTypes(t, testRowProduct[float32], testRowProduct[float64]) }

func testRowProduct[T Float](t *testing.T) {
	rnd := newRand()
	for _, s := range append(shapes, [3]int{0, 3, 4}, [3]int{3, 0, 4}, [3]int{3, 4, 0}) {
		m, n, k := s[0], s[1], s[2]
		a, b, c := random[T](rnd, m*k), random[T](rnd, k*n), random[T](rnd, m*n)
		bias, wt := random[T](rnd, n), random[T](rnd, n)
		check := func(name string, r *RowProduct[T], got, want []T) {
			t.Helper()
			for hi := m; hi > 0; hi -= min(hi, 24) {
				r.Rows(max(0, hi-24), hi)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s of %s differs from the whole product", name, shapeName(m, n, k))
			}
		}
		for _, transB := range []bool{false, true} {
			for _, accumulate := range []bool{false, true} {
				want, got := slices.Clone(c), slices.Clone(c)
				ldb := n
				if transB {
					ldb = k
				}
				Gemm(false, transB, m, n, k, a, k, b, ldb, accumulate, want, n)
				var r, shared RowProduct[T]
				r.BindGemm(transB, m, n, k, a, b, accumulate, got)
				r.Pack()
				check("product", &r, got, want)
				shared.BindGemm(transB, m, n, k, a, b, accumulate, got)
				shared.Share(&r)
				copy(got, c)
				check("product with shared panels", &shared, got, want)
			}
		}
		want, got := make([]T, m*n), make([]T, m*n)
		Affine(Tanh, m, n, k, a, b, bias, wt, 0.5, want)
		var r RowProduct[T]
		r.BindAffine(Tanh, m, n, k, a, b, bias, wt, 0.5, got)
		r.Pack()
		check("layer", &r, got, want)
	}
}

// What is packed is packed again when any bit of the factor, or its shape, has changed.
func TestRowProductPacked(t *testing.T) {
	bothTypes(t, testRowProductPacked[float32], testRowProductPacked[float64])
}

func testRowProductPacked[T Float](t *testing.T) {
	const m, n, k = 64, 40, 24
	rnd := newRand()
	a, b, c := random[T](rnd, m*n), random[T](rnd, k*n), make([]T, m*n)
	b[5] = 0
	var r RowProduct[T]
	bind := func(transB bool, n, k int) bool {
		r.BindGemm(transB, m, n, k, a, b, false, c)
		return r.Packed()
	}
	if bind(false, n, k) {
		t.Error("packed before Pack")
	}
	for _, change := range []func(){
		func() {},
		func() { b[5] = T(math.Copysign(0, -1)) },
		func() { b[n*k-1]++ },
		func() { b[0] = T(math.NaN()) },
	} {
		change()
		bind(false, n, k)
		r.Pack()
		if !bind(false, n, k) {
			t.Error("not packed after Pack")
		}
		if bind(true, n, k) || bind(false, k, n) || bind(false, n-1, k) {
			t.Error("packed for another shape")
		}
		bind(false, n, k)
		was := b[n]
		b[n] *= 2
		if bind(false, n, k) {
			t.Error("packed with another element")
		}
		b[n] = was
	}
	bind(false, n, k)
	r.Pack()
	b[5] = -b[5]
	if bind(false, n, k) {
		t.Error("packed with another sign of zero")
	}
}
