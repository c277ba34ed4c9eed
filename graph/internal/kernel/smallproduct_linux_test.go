package kernel

import "testing"

// TestSmallProductStaysInMemory: neither operands nor result are left, whatever the
// number of columns that do not fill a vector.
func TestSmallProductStaysInMemory(t *testing.T) {
	bothTypes(t, testSmallProductStaysInMemory[float32], testSmallProductStaysInMemory[float64])
}

func testSmallProductStaysInMemory[T Float](t *testing.T) {
	const most = 4 * 40
	a, b, c, bias := atEnd[T](t, most), atEnd[T](t, most), atEnd[T](t, most), atEnd[T](t, most)
	end := func(x []T, n int) []T { return x[len(x)-n:] }
	for _, m := range []int{1, 2, 4} {
		for n := 1; n <= 40; n++ {
			for _, k := range []int{1, 2, 4} {
				p := SmallProduct[T]{M: m, N: n, K: k, A: end(a, m*k), B: end(b, k*n), C: end(c, m*n)}
				p.Compute()
				p.TransA, p.Bias = true, end(bias, n)
				p.Compute()
				p.TransB, p.Accumulate = true, true
				p.Compute()
			}
		}
	}
}
