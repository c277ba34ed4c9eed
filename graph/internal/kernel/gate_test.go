package kernel

import (
	"math"
	"slices"
	"testing"
)

// Gates agree with their formulas, for any number of states side by side, and are
// exact where the gate is 1.
func TestGates(t *testing.T) { bothTypes(t, testGates[float32], testGates[float64]) }

func testGates[T Float](t *testing.T) {
	rnd := newRand()
	for _, s := range [][3]int{
		{1, 1, 1}, {3, 1, 7}, {2, 2, 3}, {5, 3, 1}, {3, 2, 8}, {4, 1, 16}, {3, 2, 17}, {2, 3, 37}, {24, 2, 50}, {1, 1, 0}, {7, 2, 64},
	} {
		rows, states, k := s[0], s[1], s[2]
		n := rows * states * k
		x, y, z, u := random[T](rnd, n), random[T](rnd, n), random[T](rnd, n), random[T](rnd, rows*k)
		gated, sums := [3][]float64{}, [2][]float64{make([]float64, rows*k), make([]float64, rows*k)}
		for j := range n {
			i := j/(states*k)*k + j%k
			a, b, c, g := float64(x[j]), float64(y[j]), float64(z[j]), float64(u[i])
			gated[0] = append(gated[0], g*a+(1-g)*b)
			gated[1] = append(gated[1], g*a)
			gated[2] = append(gated[2], (1-g)*a)
			sums[0][i] += a * b
			sums[1][i] += (a - b) * c
		}
		for _, c := range []struct {
			name string
			want []float64
			f    func(dst []T)
		}{
			{"Gate", gated[0], func(dst []T) { Gate(dst, u, x, y, rows) }},
			{"GateMul", gated[1], func(dst []T) { GateMul(dst, u, x, rows) }},
			{"GateComplement", gated[2], func(dst []T) { GateComplement(dst, u, x, rows) }},
			{"GateDot", sums[0], func(dst []T) { GateDot(dst, x, y, rows) }},
			{"GateDotDiff", sums[1], func(dst []T) { GateDotDiff(dst, x, y, z, rows) }},
		} {
			dst, check := fenced[T](len(c.want))
			c.f(dst)
			check(t)
			checkClose(t, c.name, dst, c.want, 16*epsilon[T]())
		}
		for i := range u {
			u[i] = 1
		}
		dst := make([]T, n)
		if Gate(dst, u, x, y, rows); !slices.Equal(dst, x) {
			t.Fatalf("%v: a gate of 1 gives %v for %v", s, dst, x)
		}
	}
}

// A gate of another shape panics rather than run off its operands.
func TestGateShapes(t *testing.T) {
	for _, n := range []int{0, 3, 5, 7} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a gate of 4 acts on %d elements", n)
				}
			}()
			GateMul(make([]float64, n), make([]float64, 4), make([]float64, n), 2)
		}()
	}
}

// What a mask leaves out is 0, whatever was there.
func TestMaskedDiff(t *testing.T) { bothTypes(t, testMaskedDiff[float32], testMaskedDiff[float64]) }

func testMaskedDiff[T Float](t *testing.T) {
	rnd := newRand()
	for _, n := range []int{0, 1, 3, 7, 8, 15, 16, 17, 37, 50, 64, 129} {
		x, y, mask, want := random[T](rnd, n), random[T](rnd, n), make([]T, n), make([]float64, n)
		for i := range n {
			if rnd.IntN(2) == 1 {
				mask[i] = T(rnd.Float64()) + 0.1
				want[i] = float64(x[i]) - float64(y[i])
			} else {
				x[i] = T(math.NaN())
			}
		}
		dst, check := fenced[T](n)
		MaskedDiff(dst, x, y, mask)
		check(t)
		checkClose(t, "MaskedDiff", dst, want, epsilon[T]())
	}
}
