package kernel

import (
	"slices"
	"testing"
)

// A combination with noise equals the sum written out, over ranges and sizes on
// both sides of its buffer.
func TestNoiseComb(t *testing.T) { bothTypes(t, testNoiseComb[float32], testNoiseComb[float64]) }

func testNoiseComb[T Float](t *testing.T) {
	rnd := newRand()
	for _, n := range []int{0, 1, 3, 17, 255, 256, 785} {
		for terms := range 11 {
			x, noise, b := make([][]T, terms), make([][]T, 3), make([][]T, 3)
			for i := range x {
				x[i] = random[T](rnd, n)
			}
			for m := range noise {
				noise[m] = random[T](rnd, n)
				if m != 1 {
					b[m] = random[T](rnd, terms)
				}
			}
			c, start := random[T](rnd, terms), random[T](rnd, n)
			for _, accumulate := range []bool{false, true} {
				got, check := fenced[T](n)
				copy(got, start)
				want := make([]float64, n)
				for e := range want {
					if accumulate {
						want[e] = float64(start[e])
					}
					for i := range x {
						w := float64(c[i])
						for m := range noise {
							if b[m] != nil {
								w += float64(b[m][i]) * float64(noise[m][e])
							}
						}
						want[e] += w * float64(x[i][e])
					}
				}
				passes := slices.Clone(start)
				noiseCombPasses(passes, c, x, noise, b, 0, n, accumulate)
				lo := n / 3
				NoiseCombRange(got, c, x, noise, b, 0, lo, accumulate)
				NoiseCombRange(got, c, x, noise, b, lo, n, accumulate)
				check(t)
				checkSameBits(t, "combination with noise", got, passes)
				checkClose(t, "combination with noise", got, want, float64(4*terms+4)*epsilon[T]())
				noAllocs(t, "NoiseComb", func() { NoiseComb(got, c, x, noise, b, accumulate) })
			}
		}
	}
}
