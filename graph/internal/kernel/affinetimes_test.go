package kernel

import "testing"

func TestAffineTimes(t *testing.T) { bothTypes(t, testAffineTimes[float32], testAffineTimes[float64]) }

// testAffineTimes: each row of a layer with times by row has the bits of the layer with
// that row's time for all, whole and by parts.
func testAffineTimes[T Float](t *testing.T) {
	rnd := newRand()
	for _, s := range [][3]int{{1, 3, 2}, {4, 9, 50}, {30, 2, 5}, {30, 50, 67}, {50, 33, 1100}, {101, 100, 33}, {100, 2, 50}, {70, 3, 600}, {100, 67, 2}, {300, 100, 4}, {300, 4, 4}} {
		m, n, k := s[0], s[1], s[2]
		x, w, wt, times := random[T](rnd, m*k), random[T](rnd, k*n), random[T](rnd, n), random[T](rnd, m)
		for _, b := range [][]T{nil, random[T](rnd, n)} {
			dst, check := fenced[T](m * n)
			AffineTimes(Tanh, m, n, k, x, w, b, wt, times, dst)
			check(t)
			parts := make([]T, m*n)
			var r RowProduct[T]
			r.BindAffineTimes(Tanh, m, n, k, x, w, b, wt, times, parts)
			r.Pack()
			r.Rows(0, m/2)
			r.Rows(m/2, m)
			want := make([]T, m*n)
			for i, at := range times {
				Affine(Tanh, m, n, k, x, w, b, wt, at, want)
				for j := i * n; j < (i+1)*n; j++ {
					if dst[j] != want[j] || parts[j] != want[j] {
						t.Fatalf("(%d, %d)·(%d, %d), row %d: %v, in parts %v, expected %v", m, k, k, n, i, dst[j], parts[j], want[j])
					}
				}
			}
		}
	}
}
