package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
)

// sizes cross every boundary of the kernels: lanes, registers, tails, blocks.
var sizes = []int{0, 1, 2, 3, 7, 8, 9, 15, 17, 31, 33, 64, 127, 129, 785, 8191, 8192, 8193, 20011}

// onEveryLevel runs a test on portable Go and on all assembly that the processor
// supports.
func onEveryLevel(t *testing.T, test func(t *testing.T)) {
	best := vector
	defer func() { vector = best }()
	for vector = portable; vector <= best; vector++ {
		t.Run(vector.String(), test)
	}
}

// epsilon is the distance from 1 to the next larger T.
func epsilon[T Float]() float64 {
	if sizeof[T]() == 4 {
		return 0x1p-23
	}
	return 0x1p-52
}

// random returns n standard normal numbers in a slice that is not aligned to
// more than one element.
func random[T Float](rnd *rand.Rand, n int) []T {
	x := make([]T, n+1)
	for i := range x {
		x[i] = T(rnd.NormFloat64())
	}
	return x[1:]
}

func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// fenced returns a destination of length n filled with NaN, and a check that
// nothing was written around it.
func fenced[T Float](n int) (dst []T, check func(t *testing.T)) {
	const fence = 16
	all := make([]T, n+2*fence)
	for i := range all {
		all[i] = T(math.NaN())
	}
	for i := range fence {
		all[i], all[len(all)-1-i] = 42, 42
	}
	return all[fence : fence+n], func(t *testing.T) {
		t.Helper()
		for i := range fence {
			if all[i] != 42 || all[len(all)-1-i] != 42 {
				t.Fatalf("n = %d: wrote outside the destination", n)
			}
		}
	}
}

// checkClose compares element by element with a mixed absolute and relative
// tolerance. NaN equals NaN, and infinities must be equal.
func checkClose[T Float](t *testing.T, name string, got []T, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", name, len(got), len(want))
	}
	for i, w := range want {
		if !closeTo(float64(got[i]), w, tol) {
			t.Fatalf("%s: element %d of %d is %v, want %v", name, i, len(want), got[i], w)
		}
	}
}

func closeTo(got, want, tol float64) bool {
	if math.IsNaN(want) || math.IsNaN(got) {
		return math.IsNaN(want) && math.IsNaN(got)
	}
	if math.IsInf(want, 0) || math.IsInf(got, 0) {
		return got == want
	}
	return math.Abs(got-want) <= tol*(1+math.Abs(want))
}

// sameBits fails unless the computation gives the same bits for one, two and
// three processors.
func sameBits[T Float](t *testing.T, name string, compute func() []T) {
	t.Helper()
	was := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(was)
	want := compute()
	for _, procs := range []int{2, 3} {
		runtime.GOMAXPROCS(procs)
		for range 3 {
			got := compute()
			for i := range want {
				if math.Float64bits(float64(got[i])) != math.Float64bits(float64(want[i])) {
					t.Fatalf("%s: element %d is %v with GOMAXPROCS %d, %v with 1", name, i, got[i], procs, want[i])
				}
			}
		}
	}
}

// noAllocs fails if f allocates, once warm.
func noAllocs(t *testing.T, name string, f func()) {
	t.Helper()
	f()
	if n := testing.AllocsPerRun(20, f); n != 0 {
		t.Errorf("%s: %v allocations", name, n)
	}
}

// bothTypes runs a test for float32 and float64.
func bothTypes(t *testing.T, f32, f64 func(t *testing.T)) {
	onEveryLevel(t, func(t *testing.T) {
		t.Run("float32", f32)
		t.Run("float64", f64)
	})
}

func shapeName(m, n, k int) string { return fmt.Sprintf("%dx%dx%d", m, k, n) }
