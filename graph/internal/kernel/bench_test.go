package kernel

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// shape is op(A)·op(B) with op(A) (m, k) and op(B) (k, n).
type shape struct {
	name           string
	transA, transB bool
	m, n, k        int
}

// strides returns the leading dimensions of A and B.
func (s shape) strides() (lda, ldb int) {
	lda, ldb = s.k, s.n
	if s.transA {
		lda = s.m
	}
	if s.transB {
		ldb = s.k
	}
	return lda, ldb
}

func (s shape) gigaflop() float64 { return 2e-9 * float64(s.m*s.n*s.k) }

// The products of the paper's networks, forward and reverse: MNIST, 784 → 100 →
// 784 with batches of 512; the latent dynamics 20 → 50 → 20 and the encoder of
// PhysioNet, with batches of 512; and the spiral, 2 → 50 → 2. And a large one.
var benchShapes = []shape{
	{"forward1", false, false, 512, 100, 785},
	{"forward2", false, false, 512, 784, 100},
	{"dX1", false, true, 512, 784, 100},
	{"dX2", false, true, 512, 100, 784},
	{"dW1", true, false, 784, 100, 512},
	{"dW2", true, false, 100, 784, 512},
	{"classifier", false, false, 512, 10, 784},
	{"latentForward1", false, false, 512, 50, 20},
	{"latentForward2", false, false, 512, 20, 50},
	{"latentdX1", false, true, 512, 20, 50},
	{"latentdX2", false, true, 512, 50, 20},
	{"latentdW1", true, false, 20, 50, 512},
	{"latentdW2", true, false, 50, 20, 512},
	{"encoder1", false, false, 512, 40, 175},
	{"encoder2", false, false, 512, 50, 40},
	{"spiral1", false, false, 1, 50, 2},
	{"spiral2", false, false, 1, 2, 50},
	{"spiralBack", false, true, 1, 50, 2},
	{"square", false, false, 1024, 1024, 1024},
}

// The products of a batch of spirals, 2 → 50 → 2 and 2 → 2, forward and reverse: all
// are narrow in one dimension.
var narrowShapes = []shape{
	{"forward1", false, false, 100, 50, 2},
	{"forward2", false, false, 100, 2, 50},
	{"forward3", false, false, 100, 2, 2},
	{"dX1", false, true, 100, 2, 50},
	{"dX2", false, true, 100, 50, 2},
	{"dX3", false, true, 100, 2, 2},
	{"dW1", true, false, 2, 50, 100},
	{"dW2", true, false, 50, 2, 100},
	{"dW3", true, false, 2, 2, 100},
	{"dW2of1", true, false, 50, 2, 1},
}

func BenchmarkGemm(b *testing.B) {
	b.Run("float32", func(b *testing.B) { benchmarkGemm[float32](b, benchShapes) })
	b.Run("float64", func(b *testing.B) { benchmarkGemm[float64](b, benchShapes) })
}

func BenchmarkNarrow(b *testing.B) {
	b.Run("float32", func(b *testing.B) { benchmarkGemm[float32](b, narrowShapes) })
	b.Run("float64", func(b *testing.B) { benchmarkGemm[float64](b, narrowShapes) })
}

func benchmarkGemm[T Float](b *testing.B, shapes []shape) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			x, y, c := random[T](newRand(), s.m*s.k), random[T](newRand(), s.k*s.n), make([]T, s.m*s.n)
			lda, ldb := s.strides()
			for b.Loop() {
				Gemm(s.transA, s.transB, s.m, s.n, s.k, x, lda, y, ldb, false, c, s.n)
			}
			b.ReportMetric(s.gigaflop()*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
		})
	}
}

func BenchmarkGonumGemm(b *testing.B) {
	const m, n, k = 512, 100, 785
	x, y, c := random[float32](newRand(), m*k), random[float32](newRand(), k*n), make([]float32, m*n)
	for b.Loop() {
		gonum.Implementation{}.Sgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, x, k, y, n, 0, c, n)
	}
	b.ReportMetric(2*float64(m*n*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkAffine(b *testing.B) {
	const m, n, k = 512, 100, 784
	x, w, bias := random[float32](newRand(), m*k), random[float32](newRand(), k*n), random[float32](newRand(), n)
	dst := make([]float32, m*n)
	for b.Loop() {
		Affine(Tanh, m, n, k, x, w, bias, bias, 0.5, dst)
	}
	b.ReportMetric(2*float64(m*n*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkActivate(b *testing.B) {
	b.Run("float32", benchmarkActivate[float32])
	b.Run("float64", benchmarkActivate[float64])
}

func benchmarkActivate[T Float](b *testing.B) {
	const n = blockLen
	x, y := random[T](newRand(), n), make([]T, n)
	for _, act := range activations {
		b.Run(act.String(), func(b *testing.B) {
			for b.Loop() {
				Activate(act, y, x)
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gelem/s")
		})
	}
	for _, act := range activations {
		b.Run(act.String()+"Grad", func(b *testing.B) {
			for b.Loop() {
				ActivateGrad(act, y, x, x)
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gelem/s")
		})
	}
}

// BenchmarkVector measures the kernels of a solver step on a state of two
// numbers and on a batch of MNIST images.
func BenchmarkVector(b *testing.B) {
	b.Run("float32", benchmarkVector[float32])
	b.Run("float64", benchmarkVector[float64])
}

func benchmarkVector[T Float](b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"2", 2}, {"100x2", 200}, {"512x784", 512 * 784}} {
		const terms = 7
		k := make([][]T, terms)
		for i := range k {
			k[i] = random[T](newRand(), size.n)
		}
		c, w := make([]T, terms), make([]float64, terms)
		dst := make([]T, size.n)
		for _, bench := range []struct {
			name   string
			arrays int // read or written
			f      func()
		}{
			{"LinComb", terms + 1, func() { LinComb(dst, c, k, false) }},
			{"NoiseComb", terms + 3, func() { NoiseComb(dst, c, k, k[:2], [][]T{c, c}, false) }},
			{"ErrorSumSq", terms + 2, func() { ErrorSumSq(k[0], dst, w, k, 0.1, 0.1) }},
			{"ErrorGrad", terms + 3, func() { ErrorGrad(dst, k[0], k[1], w, k, 0.1, 0.1, 1) }},
			{"DiffSumSq", 2, func() { DiffSumSq(k[0], k[1]) }},
			{"SumSq", 1, func() { SumSq(k[0]) }},
			{"Finite", 1, func() { Finite(k[0]) }},
			{"TanhGrad", 3, func() { ActivateGrad(Tanh, dst, k[0], k[1]) }},
		} {
			b.Run(bench.name+"/"+size.name, func(b *testing.B) {
				b.SetBytes(int64(bench.arrays * size.n * sizeof[T]()))
				for b.Loop() {
					bench.f()
				}
			})
		}
	}
}

func BenchmarkColSum(b *testing.B) {
	for _, s := range [][2]int{{512, 784}, {100, 50}, {100, 2}} {
		m, n := s[0], s[1]
		b.Run(fmt.Sprintf("%dx%d", m, n), func(b *testing.B) {
			g, dst := random[float32](newRand(), m*n), make([]float32, n)
			b.SetBytes(int64(4 * m * n))
			for b.Loop() {
				ColSum(dst, m, n, g, false)
			}
		})
	}
}

func BenchmarkSoftmaxCrossEntropy(b *testing.B) {
	const m, n = 512, 10
	logits, labels, prob := random[float32](newRand(), m*n), make([]float32, m), make([]float32, m*n)
	for b.Loop() {
		SoftmaxCrossEntropy(m, n, logits, labels, prob)
	}
}
