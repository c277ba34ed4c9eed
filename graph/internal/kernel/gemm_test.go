package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// matrix is a matrix in a slice with some room between rows.
type matrix[T Float] struct {
	data   []T
	stride int
}

func (a matrix[T]) at(trans bool, i, j int) float64 {
	if trans {
		i, j = j, i
	}
	return float64(a.data[i*a.stride+j])
}

// randomMatrix returns op(X) of the given shape, stored transposed if trans.
func randomMatrix[T Float](rnd *rand.Rand, trans bool, rows, cols, room int) matrix[T] {
	if trans {
		rows, cols = cols, rows
	}
	return matrix[T]{random[T](rnd, rows*(cols+room)), cols + room}
}

// refGemm is the textbook triple loop in float64.
func refGemm[T Float](transA, transB bool, m, n, k int, alpha float64, a, b matrix[T], beta float64, c matrix[T]) []float64 {
	want := make([]float64, len(c.data))
	for i, v := range c.data {
		want[i] = float64(v)
	}
	for i := range m {
		for j := range n {
			var sum float64
			for p := range k {
				sum += a.at(transA, i, p) * b.at(transB, p, j)
			}
			sum *= alpha
			if beta != 0 {
				sum += beta * c.at(false, i, j)
			}
			want[i*c.stride+j] = sum
		}
	}
	return want
}

// shapes has m, n, k on both sides of tiles, blocks and the packing threshold.
var shapes = [][3]int{
	{1, 1, 1}, {1, 2, 2}, {2, 1, 3}, {1, 50, 2}, {3, 3, 17}, {6, 16, 5}, {5, 17, 7}, {7, 9, 31},
	{1, 785, 100}, {48, 16, 320}, {49, 17, 321}, {31, 37, 41}, {97, 50, 35}, {13, 785, 3}, {17, 3, 785},
	{100, 70, 330},
}

func init() {
	if raceEnabled { // the reference is slow then
		shapes = slices.DeleteFunc(shapes, func(s [3]int) bool { return s[0]*s[1]*s[2] > 50000 })
	}
}

func TestGemm(t *testing.T) { bothTypes(t, testGemm[float32], testGemm[float64]) }

func testGemm[T Float](t *testing.T) {
	rnd := newRand()
	for _, s := range append(shapes, [3]int{0, 3, 4}, [3]int{3, 0, 4}, [3]int{3, 4, 0}) {
		m, n, k := s[0], s[1], s[2]
		for variant := range 16 {
			transA, transB := variant&1 != 0, variant&2 != 0
			accumulate, room := variant&4 != 0, variant>>3*3
			a := randomMatrix[T](rnd, transA, m, k, room)
			b := randomMatrix[T](rnd, transB, k, n, room)
			c := randomMatrix[T](rnd, false, m, n, room)
			var beta float64
			if accumulate {
				beta = 1
			}
			want := refGemm(transA, transB, m, n, k, 1, a, b, beta, c)
			Gemm(transA, transB, m, n, k, a.data, a.stride, b.data, b.stride, accumulate, c.data, c.stride)
			checkClose(t, shapeName(m, n, k), c.data, want, float64(k+1)*epsilon[T]())
		}
	}
}

// A NaN or infinity in A reaches exactly its row, also against zeros in B.
func TestGemmNaN(t *testing.T) { bothTypes(t, testGemmNaN[float32], testGemmNaN[float64]) }

func testGemmNaN[T Float](t *testing.T) {
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			a, b := make([]T, m*k), make([]T, k*n)
			c, check := fenced[T](m * n)
			a[m*k-1] = T(bad)
			Gemm(false, false, m, n, k, a, k, b, n, false, c, n)
			check(t)
			for i, v := range c {
				if nan := v != v; nan != (i/n == m-1) {
					t.Fatalf("%s: element %d of row %d is %v", shapeName(m, n, k), i%n, i/n, v)
				}
			}
		}
	}
}

func TestGemmSameBits(t *testing.T) {
	bothTypes(t, testGemmSameBits[float32], testGemmSameBits[float64])
}

func testGemmSameBits[T Float](t *testing.T) {
	for _, s := range [][3]int{{97, 100, 65}, {100, 40, 330}, {6, 1600, 700}} {
		if raceEnabled && s[2] > 500 {
			continue
		}
		m, n, k := s[0], s[1], s[2]
		a, b := random[T](newRand(), m*k), random[T](newRand(), k*n)
		sameBits(t, shapeName(m, n, k), func() []T {
			c := make([]T, m*n)
			Gemm(false, false, m, n, k, a, k, b, n, false, c, n)
			Gemm(true, true, m, n, k, a, m, b, k, true, c, n)
			return c
		})
	}
}

func TestAffine(t *testing.T) { bothTypes(t, testAffine[float32], testAffine[float64]) }

func testAffine[T Float](t *testing.T) {
	rnd := newRand()
	const time = 0.7
	for _, s := range append(shapes, [3]int{0, 3, 4}, [3]int{3, 0, 4}, [3]int{3, 4, 0}) {
		m, n, k := s[0], s[1], s[2]
		x := randomMatrix[T](rnd, false, m, k, 0)
		w := randomMatrix[T](rnd, false, k, n, 0)
		for variant := range 4 {
			var b, wt []T
			if variant&1 != 0 {
				b = random[T](rnd, n)
			}
			if variant&2 != 0 {
				wt = random[T](rnd, n)
			}
			for _, act := range []Activation{Identity, Tanh, Softplus} {
				dst, check := fenced[T](m * n)
				want := refGemm(false, false, m, n, k, 1, x, w, 0, matrix[T]{dst, n})
				for i := range want {
					if b != nil {
						want[i] += float64(b[i%n])
					}
					if wt != nil {
						want[i] += time * float64(wt[i%n])
					}
					want[i] = refActivation(act, want[i])
				}
				Affine(act, m, n, k, x.data, w.data, b, wt, time, dst)
				check(t)
				checkClose(t, shapeName(m, n, k)+" "+act.String(), dst, want, float64(k+3)*epsilon[T]())
			}
		}
	}
}

func TestShortMatrixPanics(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		const m, n, k = 40, 41, 42
		for short := range 3 {
			size := [3]int{m * k, k * n, m * n}
			size[short]--
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("no panic with operand %d too short", short)
					}
				}()
				x := func(i int) []float32 { return make([]float32, size[i]) }
				Gemm(false, false, m, n, k, x(0), k, x(1), n, false, x(2), n)
			}()
		}
	})
}

func TestGemmDoesNotAllocate(t *testing.T) {
	bothTypes(t, testGemmAllocs[float32], testGemmAllocs[float64])
}

func testGemmAllocs[T Float](t *testing.T) {
	shapes := [][3]int{{1, 2, 2}, {1, 50, 2}, {1, 2, 50}}
	if !raceEnabled {
		shapes = append(shapes, [3]int{100, 100, 100})
	}
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		a, b, c, bias := make([]T, m*k), make([]T, k*n), make([]T, m*n), make([]T, n)
		noAllocs(t, "Gemm", func() { Gemm(false, true, m, n, k, a, k, b, k, false, c, n) })
		noAllocs(t, "Affine", func() { Affine(Tanh, m, n, k, a, b, bias, bias, 1, c) })
	}
}

// BLAS agrees with the implementation it replaces.
func TestBLAS(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		rnd := newRand()
		for _, s := range shapes {
			m, n, k := s[0], s[1], s[2]
			for _, f := range [][2]float64{{1, 0}, {1, 1}, {-2, 0.5}, {0, 3}, {0, 0}, {0.25, 0}} {
				for variant := range 4 {
					tA, tB := blas.NoTrans, blas.NoTrans
					if variant&1 != 0 {
						tA = blas.Trans
					}
					if variant&2 != 0 {
						tB = blas.ConjTrans
					}
					a := randomMatrix[float64](rnd, tA != blas.NoTrans, m, k, 1)
					b := randomMatrix[float64](rnd, tB != blas.NoTrans, k, n, 1)
					c := random[float64](rnd, m*(n+1))
					if f[1] == 0 {
						c[0] = math.NaN() // is overwritten, not read
					}
					want := append([]float64(nil), c...)
					gonum.Implementation{}.Dgemm(tA, tB, m, n, k, f[0], a.data, a.stride, b.data, b.stride, f[1], want, n+1)
					c32 := narrow(c)
					BLAS{}.Dgemm(tA, tB, m, n, k, f[0], a.data, a.stride, b.data, b.stride, f[1], c, n+1)
					checkClose(t, "Dgemm "+shapeName(m, n, k), c, want, 8*float64(k+1)*epsilon[float64]())
					BLAS{}.Sgemm(tA, tB, m, n, k, float32(f[0]), narrow(a.data), a.stride, narrow(b.data), b.stride, float32(f[1]), c32, n+1)
					checkClose(t, "Sgemm "+shapeName(m, n, k), c32, want, 8*float64(k+1)*epsilon[float32]())
				}
			}
		}
	})
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// Bad arguments panic with the same message as gonum's.
func TestBLASPanics(t *testing.T) {
	type arguments struct {
		tA, tB        blas.Transpose
		m, n, k       int
		a, lda        int
		b, ldb, c, ld int
	}
	no, tr := blas.NoTrans, blas.Trans
	tests := []arguments{
		{'X', no, 2, 3, 4, 8, 4, 12, 3, 6, 3},
		{no, 'X', 2, 3, 4, 8, 4, 12, 3, 6, 3},
		{no, no, -1, 3, 4, 8, 4, 12, 3, 6, 3},
		{no, no, 2, -1, 4, 8, 4, 12, 3, 6, 3},
		{no, no, 2, 3, -1, 8, 4, 12, 3, 6, 3},
		{no, no, 2, 3, 4, 8, 3, 12, 3, 6, 3},
		{tr, no, 2, 3, 4, 8, 1, 12, 3, 6, 3},
		{no, no, 2, 3, 4, 8, 4, 12, 2, 6, 3},
		{no, tr, 2, 3, 4, 8, 4, 12, 3, 6, 3},
		{no, no, 2, 3, 4, 8, 4, 12, 3, 6, 2},
		{no, no, 2, 3, 4, 7, 4, 12, 3, 6, 3},
		{tr, no, 2, 3, 4, 7, 2, 12, 3, 6, 3},
		{no, no, 2, 3, 4, 8, 4, 11, 3, 6, 3},
		{no, tr, 2, 3, 4, 8, 4, 11, 4, 6, 3},
		{no, no, 2, 3, 4, 8, 4, 12, 3, 5, 3},
		{no, no, 0, 3, 4, 0, 4, 0, 3, 0, 3},
		{no, no, 2, 3, 0, 0, 1, 0, 3, 6, 3},
	}
	message := func(impl blas.Float64Level3, x arguments) (msg any) {
		defer func() { msg = recover() }()
		impl.Dgemm(x.tA, x.tB, x.m, x.n, x.k, 1, make([]float64, x.a), x.lda, make([]float64, x.b), x.ldb, 0, make([]float64, x.c), x.ld)
		return nil
	}
	for _, x := range tests {
		got, want := message(BLAS{}, x), message(gonum.Implementation{}, x)
		if got != want {
			t.Errorf("%+v: panic %q, want %q", x, got, want)
		}
	}
}
