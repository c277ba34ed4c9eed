package kernel

import "testing"

func TestProductSum(t *testing.T) { bothTypes(t, testProductSum[float32], testProductSum[float64]) }

// testProductSum computes a part of a vector from products, some of which have
// one factor.
func testProductSum[T Float](t *testing.T) {
	rnd := newRand()
	for _, n := range sizes {
		lo, hi := n/5, n-n/7
		for _, terms := range []int{1, 2, 4, 5, 11} {
			c := random[T](rnd, terms)
			x, y := make([][]T, terms), make([][]T, terms)
			for i := range x {
				x[i] = random[T](rnd, n)
				if i%3 != 1 {
					y[i] = random[T](rnd, n)
				}
			}
			for _, accumulate := range []bool{false, true} {
				dst, check := fenced[T](n)
				want := make([]float64, n)
				for j := range want {
					dst[j] = T(rnd.NormFloat64())
					if accumulate || j < lo || j >= hi {
						want[j] = float64(dst[j])
					}
					if j < lo || j >= hi {
						continue
					}
					for i := range x {
						p := float64(c[i]) * float64(x[i][j])
						if y[i] != nil {
							p *= float64(y[i][j])
						}
						want[j] += p
					}
				}
				ProductSum(dst, c, x, y, lo, hi, accumulate)
				check(t)
				checkClose(t, "ProductSum", dst, want, float64(terms+1)*8*epsilon[T]())
			}
		}
	}
	x := [][]T{random[T](rnd, 100)}
	dst, c := make([]T, 100), []T{1}
	if n := testing.AllocsPerRun(10, func() { ProductSum(dst, c, x, x, 0, 100, false) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
