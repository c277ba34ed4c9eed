package kernel

import (
	"math"
	"testing"
)

// Gates and masked differences agree with their formulas, and are exact where the
// gate or the mask is 0 or 1.
func TestGates(t *testing.T) { bothTypes(t, testGates[float32], testGates[float64]) }

func testGates[T Float](t *testing.T) {
	rnd := newRand()
	for _, n := range []int{0, 1, 3, 7, 8, 15, 16, 17, 37, 50, 64, 129} {
		x, y, z, u := random[T](rnd, n), random[T](rnd, n), random[T](rnd, n), random[T](rnd, n)
		mask, bit := make([]T, n), make([]T, n)
		var want [5][]float64
		for i := range n {
			u[i] = T(rnd.Float64())
			if rnd.IntN(2) == 1 {
				mask[i], bit[i] = T(rnd.Float64())+0.1, 1
			}
			a, b, c, g := float64(x[i]), float64(y[i]), float64(z[i]), float64(u[i])
			want[0] = append(want[0], g*a+(1-g)*b)
			want[1] = append(want[1], (1-g)*a)
			want[2] = append(want[2], c+a*b)
			want[3] = append(want[3], c+(a-b)*g)
			want[4] = append(want[4], math.Copysign(1, float64(mask[i])-0.05)*(a-b)/2+(a-b)/2)
		}
		for k, f := range []func(dst []T){
			func(dst []T) { Gate(dst, u, x, y) },
			func(dst []T) { Complement(dst, u, x) },
			func(dst []T) { copy(dst, z); AddMul(dst, x, y) },
			func(dst []T) { copy(dst, z); AddMulDiff(dst, x, y, u) },
			func(dst []T) { MaskedDiff(dst, x, y, mask) },
		} {
			dst, check := fenced[T](n)
			f(dst)
			check(t)
			checkClose(t, []string{"Gate", "Complement", "AddMul", "AddMulDiff", "MaskedDiff"}[k], dst, want[k], 8*epsilon[T]())
		}
		dst := make([]T, n)
		Gate(dst, bit, x, y)
		for i := range dst {
			held := y[i]
			if bit[i] == 1 {
				held = x[i]
			}
			if dst[i] != held {
				t.Fatalf("Gate %v of %v and %v is %v", bit[i], x[i], y[i], dst[i])
			}
			if bit[i] == 0 {
				x[i] = T(math.NaN())
			}
		}
		MaskedDiff(dst, x, y, mask)
		for i := range dst {
			if bit[i] == 0 && dst[i] != 0 {
				t.Fatalf("masked difference of NaN is %v", dst[i])
			}
		}
	}
}
