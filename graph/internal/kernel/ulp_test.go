package kernel

import (
	"iter"
	"math"
	"math/big"
	"sync"
	"testing"
)

// The bounds stated at Activate, in units in the last place.
var ulpBounds = []struct {
	act              Activation
	value32, value64 float64
	grad32, grad64   float64
}{
	{Tanh, 2.5, 3, 3, 3},
	{Sigmoid, 2.5, 3, 3, 3},
	{Softplus, 3, 3, 3, 3},
	{ReLU, 0, 0, 0, 0},
	{Exp, 1.5, 1.5, 0.5, 0.5},
}

func TestULP32(t *testing.T) {
	for _, b := range ulpBounds {
		t.Run(b.act.String(), func(t *testing.T) {
			checkULPs(t, b.value32, float32s(), func(dst, x []float32) { Activate(b.act, dst, x) },
				func(x float32) float64 { return refActivation(b.act, float64(x)) }, ulps[float32])
		})
		t.Run(b.act.String()+"Grad", func(t *testing.T) {
			checkULPs(t, b.grad32, values(b.act, float32s()), grad[float32](b.act),
				func(y float32) float64 { return refDerivative(b.act, float64(y)) * float64(slope(y)) }, ulps[float32])
		})
	}
}

func TestULP64(t *testing.T) {
	for _, b := range ulpBounds {
		t.Run(b.act.String(), func(t *testing.T) {
			checkULPs(t, b.value64, float64s(), func(dst, x []float64) { Activate(b.act, dst, x) },
				func(x float64) *big.Float { return bigActivation(b.act, x) }, bigULPs)
		})
		t.Run(b.act.String()+"Grad", func(t *testing.T) {
			checkULPs(t, b.grad64, values(b.act, float64s()), grad[float64](b.act),
				func(y float64) *big.Float { return bigMul(bigDerivative(b.act, y), newBig(slope(y))) }, bigULPs)
		})
	}
}

// checkULPs measures the largest error of f at all x, on every level, against a
// reference of type R.
func checkULPs[T Float, R any](t *testing.T, bound float64, x iter.Seq[T], f func(dst, x []T), ref func(T) R, ulps func(T, R) float64) {
	best := vector
	defer func() { vector = best }()
	type extreme struct {
		ulp float64
		at  T
	}
	worst := make([]extreme, best+1)
	var mu sync.Mutex
	for x := range blocks(x) {
		got, want := make([]T, len(x)), make([]R, len(x))
		Parallel(len(x), 512, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				want[i] = ref(x[i])
			}
		})
		for vector = portable; vector <= best; vector++ {
			f(got, x)
			Parallel(len(x), 4096, func(lo, hi int) {
				var e extreme
				for i := lo; i < hi; i++ {
					if u := ulps(got[i], want[i]); u > e.ulp {
						e = extreme{u, x[i]}
					}
				}
				mu.Lock()
				defer mu.Unlock()
				if e.ulp > worst[vector].ulp {
					worst[vector] = e
				}
			})
		}
	}
	for l, e := range worst {
		t.Logf("%v: largest error %.3f ulp, at %v (%x)", level(l), e.ulp, e.at, e.at)
		if e.ulp > bound {
			t.Errorf("%v: error %.3f ulp at %v, beyond %v", level(l), e.ulp, e.at, bound)
		}
	}
}

// The last number whose exp rounds to a finite number is the last that gives
// one. In portable Go it is that of package math, on amd64 one where the
// exponent would round to 1024.
func TestExpOverflow64(t *testing.T) {
	const last = 0x1.62e42fefa39efp9
	onEveryLevel(t, func(t *testing.T) {
		if vector == portable {
			t.Skip("exp of package math")
		}
		rnd, x := newRand(), []float64{last}
		for range 100 {
			x = append(x, last-0.4*rnd.Float64())
		}
		y := make([]float64, len(x))
		Activate(Exp, y, x)
		for i, x := range x {
			if u := bigULPs(y[i], bigExp(newBig(x))); !(u <= 1.5) {
				t.Errorf("exp(%v) = %v, error %.3f ulp", x, y[i], u)
			}
		}
		x[0] = math.Nextafter(last, 1000)
		if Activate(Exp, x[:1], x[:1]); !math.IsInf(x[0], 1) {
			t.Errorf("the exp of the number after %v is %v", last, x[0])
		}
	})
}

// grad returns the function that ActivateGrad computes from y with dy = slope(y).
func grad[T Float](act Activation) func(dst, y []T) {
	return func(dst, y []T) {
		dy := make([]T, len(y))
		for i, v := range y {
			dy[i] = slope(v)
		}
		ActivateGrad(act, dst, y, dy)
	}
}

// slope is a number in [1, 2] with the mantissa of a hash of y.
func slope[T Float](y T) T {
	hash := math.Float64bits(float64(y)) * 0x9e3779b97f4a7c15
	return 1 + T(hash>>12)*0x1p-52
}
