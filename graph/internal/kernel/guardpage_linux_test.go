package kernel

import (
	"syscall"
	"testing"
	"unsafe"
)

// atEnd returns n elements right before memory that cannot be touched.
func atEnd[T Float](t *testing.T, n int) []T {
	t.Helper()
	page := syscall.Getpagesize()
	size := ceil(max(1, n*sizeof[T]()), page) * page
	b, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { syscall.Munmap(b) })
	if err := syscall.Mprotect(b[size:], syscall.PROT_NONE); err != nil {
		t.Skip(err)
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[size-n*sizeof[T]()])), n)
}

// TestReadsStayInMemory: kernels that read whole tiles, and go on in the next row
// where one is cut off, do not leave their operands.
func TestReadsStayInMemory(t *testing.T) {
	bothTypes(t, testReadsStayInMemory[float32], testReadsStayInMemory[float64])
}

func testReadsStayInMemory[T Float](t *testing.T) {
	const rows = 40
	a, b := atEnd[T](t, rows*33), atEnd[T](t, rows*33)
	end := func(x []T, n int) []T { return x[len(x)-n:] }
	for m := range 34 {
		for _, n := range []int{1, 2, 7, 8, 9, 15, 16, 17, 31, 33} {
			for _, k := range []int{1, 2, 3, 16, rows} {
				var sums PartialSums[T]
				var r RowReduction[T]
				sums.Reserve(1, m, n)
				r.Bind(m, n, end(a, k*m), end(b, k*n), &sums)
				r.Rows(0, 0, k/2)
				r.Rows(0, k/2, k)
				if m == 0 {
					continue
				}
				var p RowProduct[T]
				p.BindGemm(false, k, n, m, end(a, k*m), end(b, m*n), false, make([]T, k*n))
				p.Pack()
				p.Rows(0, k)
			}
			if m > 0 {
				Gate(make([]T, 3*m*n), end(a, 3*m), make([]T, 3*m*n), make([]T, 3*m*n), 3)
				GateDot(make([]T, 3*m), end(b, 3*m), end(a, 3*m), 3)
			}
		}
	}
}

// Nor do kernels of narrow products, which fill registers from several rows or with
// few columns.
func TestNarrowStaysInMemory(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		if vector != portable {
			t.Run("float32", testNarrowStaysInMemory[float32])
			t.Run("float64", testNarrowStaysInMemory[float64])
		}
	})
}

func testNarrowStaysInMemory[T Float](t *testing.T) {
	x, y, z := atEnd[T](t, 300), atEnd[T](t, 300), atEnd[T](t, 300)
	end := func(x []T, n int) []T { return x[len(x)-n:] }
	for long := 1; long <= 17; long++ {
		for deep := 1; deep <= 17; deep++ {
			for few := 1; few <= narrowMax; few++ {
				for variant := range 8 {
					p := product[T]{transA: variant&1 != 0, alpha: 1, accumulate: variant&4 != 0}
					p.transB = variant&2 != 0
					shape := func(m, n, k int) {
						p.m, p.n, p.k = m, n, k
						s := shape{transA: p.transA, transB: p.transB, m: m, n: n, k: k}
						p.lda, p.ldb = s.strides()
						p.a, p.b, p.c, p.ldc = end(x, m*k), end(y, k*n), end(z, m*n), n
						p.check()
					}
					if shape(long, deep, few); !p.transA || !p.transB {
						p.rows(shallow, 0, p.m)
					}
					if shape(long, few, deep); deep >= narrowMax && long >= slenderRows[T]() {
						p.rows(slender, 0, p.m)
					}
				}
			}
		}
	}
}
