//go:build netlib

package kernel

import (
	"math"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/netlib/blas/netlib"
)

// BenchmarkGemmOpenBLAS compares our products with those of a BLAS in C, on one
// core and on two:
//
//	export CGO_LDFLAGS=-lopenblas
//	GOMAXPROCS=1 OPENBLAS_NUM_THREADS=1 go test ./graph/internal/kernel -tags netlib -run - -bench GemmOpenBLAS
//	GOMAXPROCS=2 OPENBLAS_NUM_THREADS=2 go test ./graph/internal/kernel -tags netlib -run - -bench GemmOpenBLAS
//
// The two take turns of a millisecond. The rates are those of the fastest turn
// of each, and the ratio is that of the rates, ours over the other's, so that
// other work on the machine matters little.
func BenchmarkGemmOpenBLAS(b *testing.B) {
	b.Run("float32", benchmarkOpenBLAS[float32])
	b.Run("float64", benchmarkOpenBLAS[float64])
}

func benchmarkOpenBLAS[T Float](b *testing.B) {
	for _, s := range benchShapes {
		b.Run(s.name, func(b *testing.B) {
			x, y, c := random[T](newRand(), s.m*s.k), random[T](newRand(), s.k*s.n), make([]T, s.m*s.n)
			lda, ldb := s.strides()
			ours := func() { Gemm(s.transA, s.transB, s.m, s.n, s.k, x, lda, y, ldb, false, c, s.n) }
			theirs := func() { openBLAS(s, x, y, c) }
			calls := 1 + int(min(5000, 1e-3*40/s.gigaflop())) // a millisecond or so
			best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
			for b.Loop() {
				for i, multiply := range []func(){ours, theirs} {
					best[i] = min(best[i], turn(calls, multiply))
				}
			}
			work := float64(calls) * s.gigaflop()
			b.ReportMetric(work/best[0].Seconds(), "GFLOP/s")
			b.ReportMetric(work/best[1].Seconds(), "OpenBLAS-GFLOP/s")
			b.ReportMetric(best[1].Seconds()/best[0].Seconds(), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// turn returns the time of the calls after a first one, which warms the caches.
// Threads of the other library that wait for work keep a processor busy for a
// while, so that a turn on several begins with a pause.
func turn(calls int, multiply func()) time.Duration {
	if runtime.GOMAXPROCS(0) > 1 {
		time.Sleep(50 * time.Millisecond)
	}
	multiply()
	start := time.Now()
	for range calls {
		multiply()
	}
	return time.Since(start)
}

// openBLAS computes c = op(x)·op(y).
func openBLAS[T Float](s shape, x, y, c []T) {
	tA, tB := blas.NoTrans, blas.NoTrans
	if s.transA {
		tA = blas.Trans
	}
	if s.transB {
		tB = blas.Trans
	}
	lda, ldb := s.strides()
	switch c := any(c).(type) {
	case []float32:
		netlib.Implementation{}.Sgemm(tA, tB, s.m, s.n, s.k, 1, any(x).([]float32), lda, any(y).([]float32), ldb, 0, c, s.n)
	case []float64:
		netlib.Implementation{}.Dgemm(tA, tB, s.m, s.n, s.k, 1, any(x).([]float64), lda, any(y).([]float64), ldb, 0, c, s.n)
	}
}

// Products agree with those of a BLAS that others wrote.
func TestOpenBLAS(t *testing.T) { bothTypes(t, testOpenBLAS[float32], testOpenBLAS[float64]) }

func testOpenBLAS[T Float](t *testing.T) {
	for _, s := range benchShapes {
		x, y := random[T](newRand(), s.m*s.k), random[T](newRand(), s.k*s.n)
		got, c := make([]T, s.m*s.n), make([]T, s.m*s.n)
		lda, ldb := s.strides()
		Gemm(s.transA, s.transB, s.m, s.n, s.k, x, lda, y, ldb, false, got, s.n)
		openBLAS(s, x, y, c)
		want := make([]float64, len(c))
		for i, v := range c {
			want[i] = float64(v)
		}
		checkClose(t, s.name, got, want, 2*float64(s.k)*epsilon[T]())
	}
}
