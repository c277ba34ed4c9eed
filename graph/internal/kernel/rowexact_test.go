package kernel

import (
	"runtime"
	"slices"
	"testing"
)

// An exact product gives a row the bits of the row alone, in products of any number of
// rows, computed whole or by parts.
func TestExactRows(t *testing.T) { bothTypes(t, testExactRows[float32], testExactRows[float64]) }

func testExactRows[T Float](t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rnd := newRand()
	lengths := []int{1, 2, 3, 4, 5, 7, 10, 16, 20, 50, 100, 784}
	batches := []int{2, 3, 4, 5, 7, 8, 9, 13, 16, 24, 25, 33, 50, 63, 64, 70, 512}
	for i, n := range lengths {
		for j, k := range lengths {
			for _, m := range batches[(i+j)%3:] {
				if m*n*k > 1<<21 && (m != 70 || i+j < 2*len(lengths)-3) || rnd.IntN(5) > 0 {
					continue
				}
				runtime.GOMAXPROCS([]int{1, 2, 8}[rnd.IntN(3)])
				checkExactRows[T](t, newExactProduct[T](m, n, k))
			}
		}
	}
}

// exactProduct is a product in all variants.
type exactProduct[T Float] struct {
	m, n, k                  int
	x, w, b, wt, times, onto []T
}

func newExactProduct[T Float](m, n, k int) exactProduct[T] {
	rnd := newRand()
	return exactProduct[T]{m, n, k, random[T](rnd, m*k), random[T](rnd, k*n), random[T](rnd, n), random[T](rnd, n), random[T](rnd, m), random[T](rnd, m*n)}
}

const exactVariants = 9

// bind binds r to the rows lo to hi.
func (p exactProduct[T]) bind(r *RowProduct[T], variant, lo, hi int, dst []T) {
	m, x := hi-lo, p.x[lo*p.k:hi*p.k]
	switch b := p.b; variant {
	case 0, 1, 2, 3: // with and without accumulation, transposed or not
		copy(dst, p.onto[lo*p.n:hi*p.n])
		r.BindGemm(variant&1 > 0, m, p.n, p.k, x, p.w, variant&2 > 0, dst)
	case 4, 5:
		if variant == 5 {
			b = nil
		}
		r.BindAffineTimes(Tanh, m, p.n, p.k, x, p.w, b, p.wt, p.times[lo:hi], dst)
	case 6:
		r.BindAffine(Tanh, m, p.n, p.k, x, p.w, b, nil, 0, dst)
	case 7:
		r.BindAffine(Identity, m, p.n, p.k, x, p.w, b, p.wt, 0.3, dst)
	case 8:
		r.BindAffine(ReLU, m, p.n, p.k, x, p.w, nil, p.wt, 0.3, dst)
	}
}

func checkExactRows[T Float](t *testing.T, p exactProduct[T]) {
	t.Helper()
	r := RowProduct[T]{Exact: true}
	for variant := range exactVariants {
		want, got := make([]T, p.m*p.n), make([]T, p.m*p.n)
		for i := range p.m {
			if p.m < 500 || i%37 == 0 {
				p.bind(&r, variant, i, i+1, want[i*p.n:(i+1)*p.n])
				r.All()
			}
		}
		check := func(how string) {
			t.Helper()
			for i := range p.m {
				if p.m >= 500 && i%37 > 0 {
					continue
				}
				if a, b := got[i*p.n:(i+1)*p.n], want[i*p.n:(i+1)*p.n]; !slices.Equal(a, b) {
					t.Fatalf("variant %d of (%d, %d)·(%d, %d), %s: row %d is %v, alone %v", variant, p.m, p.k, p.k, p.n, how, i, a, b)
				}
			}
		}
		p.bind(&r, variant, 0, p.m, got)
		r.All()
		check("whole")
		p.bind(&r, variant, 0, p.m, got)
		r.Pack()
		r.Rows(0, p.m/3)
		r.Rows(p.m/3, p.m)
		check("by parts")
	}
}

// The way of one row allocates nothing.
func TestExactRowAllocates(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	p := newExactProduct[float32](1, 784, 784)
	r, dst := RowProduct[float32]{Exact: true}, make([]float32, 784)
	for _, variant := range []int{0, 4, 6} {
		if n := testing.AllocsPerRun(20, func() {
			p.bind(&r, variant, 0, 1, dst)
			r.All()
		}); n > 0 {
			t.Errorf("variant %d: %v allocations, expected none", variant, n)
		}
	}
}
