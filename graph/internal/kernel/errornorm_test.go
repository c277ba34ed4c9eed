package kernel

import (
	"math"
	"testing"
)

// refScaledError returns u_i and s_i as defined.
func refScaledError[T Float](z, z1 []T, c []float64, k [][]T, atol, rtol float64, i int) (u, s float64) {
	for j := range k {
		u += c[j] * float64(k[j][i])
	}
	return u, atol + math.Max(math.Abs(float64(z[i])), math.Abs(float64(z1[i])))*rtol
}

func TestErrorNorm(t *testing.T) { bothTypes(t, testErrorNorm[float32], testErrorNorm[float64]) }

func testErrorNorm[T Float](t *testing.T) {
	rnd := newRand()
	const atol, rtol, scale = 0.1, 0.3, -1.7
	for _, n := range sizes {
		for _, terms := range []int{1, 2, 7} {
			z, z1 := random[T](rnd, n), random[T](rnd, n)
			c := random[float64](rnd, terms)
			k := make([][]T, terms)
			for j := range k {
				k[j] = random[T](rnd, n)
			}
			var sum float64
			grad := make([]float64, n)
			for i := range grad {
				u, s := refScaledError(z, z1, c, k, atol, rtol, i)
				sum += u / s * (u / s)
				grad[i] = scale * u / (s * s)
			}
			if got := ErrorSumSq(z, z1, c, k, atol, rtol); !closeTo(got, sum, 1e-13) {
				t.Fatalf("n = %d: ErrorSumSq is %v, want %v", n, got, sum)
			}
			dst, check := fenced[T](n)
			ErrorGrad(dst, z, z1, c, k, atol, rtol, scale)
			check(t)
			checkClose(t, "ErrorGrad", dst, grad, 256*epsilon[T]())
			ErrorGrad(k[0], z, z1, c, k, atol, rtol, scale)
			checkClose(t, "ErrorGrad in place", k[0], grad, 256*epsilon[T]())
		}
	}
}

func TestSums(t *testing.T) { bothTypes(t, testSums[float32], testSums[float64]) }

func testSums[T Float](t *testing.T) {
	rnd := newRand()
	const atol, rtol = 0.2, 0.4
	for _, n := range sizes {
		x, y, z := random[T](rnd, n), random[T](rnd, n), random[T](rnd, n)
		var sq, diffSq, scaledSq, scaledDiffSq float64
		for i := range x {
			a, b, s := float64(x[i]), float64(y[i]), atol+math.Abs(float64(z[i]))*rtol
			sq += a * a
			diffSq += (a - b) * (a - b)
			scaledSq += a / s * (a / s)
			scaledDiffSq += (a - b) / s * ((a - b) / s)
		}
		for _, test := range []struct {
			name      string
			got, want float64
		}{
			{"SumSq", SumSq(x), sq},
			{"DiffSumSq", DiffSumSq(x, y), diffSq},
			{"ScaledSumSq", ScaledSumSq(x, z, atol, rtol), scaledSq},
			{"ScaledDiffSumSq", ScaledDiffSumSq(x, y, z, atol, rtol), scaledDiffSq},
		} {
			if !closeTo(test.got, test.want, 1e-13) {
				t.Errorf("n = %d: %s is %v, want %v", n, test.name, test.got, test.want)
			}
		}
	}
}

// Sums of float32 do not overflow where float64 does not.
func TestSumSqRange(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		x := []float32{1e30, 1e30, 1e-30}
		if got := SumSq(x); !closeTo(got/2e60, 1, 1e-6) {
			t.Errorf("SumSq is %v, want 2e60", got)
		}
	})
}

// A NaN or infinity anywhere shows in every sum, and in Finite.
func TestSumsNonFinite(t *testing.T) {
	bothTypes(t, testSumsNonFinite[float32], testSumsNonFinite[float64])
}

func testSumsNonFinite[T Float](t *testing.T) {
	for _, n := range []int{1, 5, 21, 40, 9001} {
		good, ones := make([]T, n), make([]T, n)
		for i := range ones {
			ones[i] = T(math.MaxFloat32)
		}
		if !Finite(good) || !Finite(ones) {
			t.Fatalf("n = %d: finite vector is not Finite", n)
		}
		for i := 0; i < n; i += 1 + i/2 {
			for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				bad := make([]T, n)
				bad[i] = T(v)
				if Finite(bad) {
					t.Fatalf("n = %d: Finite with element %d being %v", n, i, v)
				}
				sums := []float64{
					SumSq(bad), DiffSumSq(bad, good), DiffSumSq(good, bad),
					ScaledSumSq(bad, good, 1, 1), ScaledDiffSumSq(good, bad, good, 1, 1),
					ErrorSumSq(good, good, []float64{1, 1}, [][]T{good, bad}, 1, 1),
				}
				if math.IsNaN(v) {
					sums = append(sums,
						ScaledSumSq(good, bad, 1, 1),
						ErrorSumSq(bad, good, []float64{1}, [][]T{good}, 1, 1),
						ErrorSumSq(good, bad, []float64{1}, [][]T{good}, 1, 1))
				}
				for j, s := range sums {
					if !math.IsNaN(s) && !math.IsInf(s, 1) {
						t.Fatalf("n = %d: sum %d is %v with element %d being %v", n, j, s, i, v)
					}
				}
			}
		}
	}
}

func TestErrorNormSameBits(t *testing.T) {
	bothTypes(t, testErrorNormSameBits[float32], testErrorNormSameBits[float64])
}

func testErrorNormSameBits[T Float](t *testing.T) {
	rnd := newRand()
	const n = 60001
	x, y, z := random[T](rnd, n), random[T](rnd, n), random[T](rnd, n)
	sameBits(t, "sums", func() []float64 {
		return []float64{
			SumSq(x), DiffSumSq(x, y), ScaledDiffSumSq(x, y, z, 0.1, 0.2),
			ErrorSumSq(x, y, []float64{0.4, -0.3}, [][]T{y, z}, 0.1, 0.2),
		}
	})
	sameBits(t, "ErrorGrad", func() []T {
		dst := make([]T, n)
		ErrorGrad(dst, x, y, []float64{0.4, -0.3}, [][]T{y, z}, 0.1, 0.2, 0.7)
		return dst
	})
}

func TestErrorNormDoesNotAllocate(t *testing.T) {
	bothTypes(t, testErrorNormAllocs[float32], testErrorNormAllocs[float64])
}

func testErrorNormAllocs[T Float](t *testing.T) {
	for _, n := range []int{2, 50000} {
		if n > blockLen && raceEnabled {
			continue
		}
		x, y := make([]T, n), make([]T, n)
		noAllocs(t, "ErrorSumSq", func() { ErrorSumSq(x, y, []float64{1, 2}, [][]T{x, y}, 1, 1) })
		noAllocs(t, "ErrorGrad", func() { ErrorGrad(x, x, y, []float64{1, 2}, [][]T{x, y}, 1, 1, 1) })
		noAllocs(t, "ScaledDiffSumSq", func() { ScaledDiffSumSq(x, y, x, 1, 1) })
		noAllocs(t, "ScaledSumSq", func() { ScaledSumSq(x, y, 1, 1) })
		noAllocs(t, "DiffSumSq", func() { DiffSumSq(x, y) })
		noAllocs(t, "SumSq", func() { SumSq(x) })
		noAllocs(t, "Finite", func() { Finite(x) })
	}
}
