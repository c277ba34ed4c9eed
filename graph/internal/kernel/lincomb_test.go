package kernel

import (
	"math"
	"testing"
)

func TestLinComb(t *testing.T) { bothTypes(t, testLinComb[float32], testLinComb[float64]) }

func testLinComb[T Float](t *testing.T) {
	rnd := newRand()
	for _, n := range sizes {
		for _, terms := range []int{0, 1, 2, 3, 7, 14} {
			c := random[T](rnd, terms)
			x := make([][]T, terms)
			for i := range x {
				x[i] = random[T](rnd, n)
			}
			for _, accumulate := range []bool{false, true} {
				dst, check := fenced[T](n)
				want := make([]float64, n)
				for j := range want {
					if accumulate {
						dst[j] = T(rnd.NormFloat64())
						want[j] = float64(dst[j])
					}
					for i := range x {
						want[j] += float64(c[i]) * float64(x[i][j])
					}
				}
				LinComb(dst, c, x, accumulate)
				check(t)
				checkClose(t, "LinComb", dst, want, float64(terms+1)*4*epsilon[T]())
				if terms > 1 && !accumulate {
					// The destination may be a term, and not only the first.
					LinComb(x[1], c, x, false)
					checkClose(t, "LinComb in place", x[1], want, float64(terms+1)*4*epsilon[T]())
				}
			}
		}
	}
}

func TestLinCombNaN(t *testing.T) { bothTypes(t, testLinCombNaN[float32], testLinCombNaN[float64]) }

func testLinCombNaN[T Float](t *testing.T) {
	const n = 21
	for i := range n {
		x, y, dst := make([]T, n), make([]T, n), make([]T, n)
		y[i] = T(math.Inf(1))
		LinComb(dst, []T{1, 0}, [][]T{x, y}, false)
		for j, v := range dst {
			if nan := v != v; nan != (i == j) {
				t.Fatalf("element %d is %v", j, v)
			}
		}
	}
}

func TestElementwise(t *testing.T) { bothTypes(t, testElementwise[float32], testElementwise[float64]) }

func testElementwise[T Float](t *testing.T) {
	rnd := newRand()
	for _, n := range sizes {
		x, y := random[T](rnd, n), random[T](rnd, n)
		if n > 2 {
			x[n-1], y[0] = T(math.NaN()), T(math.Inf(-1))
		}
		product, cubed, cubeGrad := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range x {
			a, b := float64(x[i]), float64(y[i])
			product[i], cubed[i], cubeGrad[i] = a*b, a*a*a, 3*a*a*b
		}
		dst, check := fenced[T](n)
		mul(dst, x, y)
		checkClose(t, "mul", dst, product, 2*epsilon[T]())
		Cube(dst, x)
		checkClose(t, "Cube", dst, cubed, 4*epsilon[T]())
		CubeGrad(dst, x, y)
		checkClose(t, "CubeGrad", dst, cubeGrad, 4*epsilon[T]())
		check(t)
		CubeGrad(y, x, y)
		checkClose(t, "CubeGrad in place", y, cubeGrad, 4*epsilon[T]())
		Cube(x, x)
		checkClose(t, "Cube in place", x, cubed, 4*epsilon[T]())
	}
}

func TestColSum(t *testing.T) { bothTypes(t, testColSum[float32], testColSum[float64]) }

func testColSum[T Float](t *testing.T) {
	rnd := newRand()
	for _, s := range [][2]int{{0, 3}, {3, 0}, {1, 1}, {7, 5}, {8, 17}, {9, 785}, {512, 100}, {513, 785}} {
		m, n := s[0], s[1]
		g := random[T](rnd, m*n)
		for _, accumulate := range []bool{false, true} {
			dst, check := fenced[T](n)
			want := make([]float64, n)
			for j := range want {
				if accumulate {
					dst[j] = T(rnd.NormFloat64())
					want[j] = float64(dst[j])
				}
				for i := range m {
					want[j] += float64(g[i*n+j])
				}
			}
			ColSum(dst, m, n, g, accumulate)
			check(t)
			checkClose(t, "ColSum", dst, want, float64(m+1)*epsilon[T]())
		}
	}
}

func TestLinCombSameBits(t *testing.T) {
	bothTypes(t, testLinCombSameBits[float32], testLinCombSameBits[float64])
}

func testLinCombSameBits[T Float](t *testing.T) {
	rnd := newRand()
	x, y := random[T](rnd, 70*1003), random[T](rnd, 70*1003)
	sameBits(t, "LinComb, CubeGrad, ColSum", func() []T {
		dst, sums := make([]T, len(x)), make([]T, 1003)
		LinComb(dst, []T{0.3, -0.7}, [][]T{x, y}, false)
		CubeGrad(dst, dst, x)
		ColSum(sums, 70, 1003, dst, false)
		return append(dst, sums...)
	})
}

func TestLinCombDoesNotAllocate(t *testing.T) {
	bothTypes(t, testLinCombAllocs[float32], testLinCombAllocs[float64])
}

func testLinCombAllocs[T Float](t *testing.T) {
	for _, n := range []int{2, 50000} {
		if n > blockLen && raceEnabled {
			continue
		}
		x, y := make([]T, n), make([]T, n)
		noAllocs(t, "LinComb", func() {
			LinComb(x, []T{1, 2}, [][]T{x, y}, true) // even the lists stay on the stack
		})
		noAllocs(t, "ColSum", func() { ColSum(x[:n/2], 2, n/2, y, true) })
	}
}

func TestLinCombPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"coefficients": func() {
			LinComb(make([]float32, 3), []float32{1}, [][]float32{make([]float32, 3), make([]float32, 3)}, false)
		},
		"short term": func() { LinComb(make([]float32, 3), []float32{1}, [][]float32{make([]float32, 2)}, false) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
