package kernel

import (
	"math"
	"math/big"
)

// References for float64 to 190 bits or more, from the definitions and package
// math/big alone. Package math is itself off by one unit in the last place.

// bigPrec is the precision of the intermediate results. Arguments below bigTiny
// go to the first terms of a series, which leave out less than bigTiny³; those
// above lose no more than 64 of the bits in a difference.
const (
	bigPrec = 256
	bigTiny = 0x1p-64
)

func newBig(x float64) *big.Float { return new(big.Float).SetPrec(bigPrec).SetFloat64(x) }

func bigAdd(x, y *big.Float) *big.Float { return newBig(0).Add(x, y) }
func bigMul(x, y *big.Float) *big.Float { return newBig(0).Mul(x, y) }
func bigQuo(x, y *big.Float) *big.Float { return newBig(0).Quo(x, y) }

// isTiny reports whether |x| < bigTiny.
func isTiny(x *big.Float) bool { return x.Sign() == 0 || x.MantExp(nil) <= -64 }

// bigCubic returns x + a·x² + b·x³.
func bigCubic(x, a, b *big.Float) *big.Float {
	return bigAdd(x, bigMul(bigMul(x, x), bigAdd(a, bigMul(b, x))))
}

// bigExp returns exp(x), which is exp(x/2ⁿ) squared n times. The Taylor series
// converges fast for |x/2ⁿ| < 2⁻¹⁰.
func bigExp(x *big.Float) *big.Float {
	n := max(0, x.MantExp(nil)+10)
	x = newBig(0).SetMantExp(x, -n)
	sum, term := newBig(1), newBig(1)
	for i := 1; i < 20; i++ {
		term = bigQuo(bigMul(term, x), newBig(float64(i)))
		sum = bigAdd(sum, term)
	}
	for range n {
		sum = bigMul(sum, sum)
	}
	return sum
}

// bigExpm1 returns exp(x)-1.
func bigExpm1(x *big.Float) *big.Float {
	if isTiny(x) {
		return bigCubic(x, newBig(0.5), bigQuo(newBig(1), newBig(6)))
	}
	return bigAdd(bigExp(x), newBig(-1))
}

// bigLog1p returns log(1+x) for 0 ≤ x ≤ 1, by a step of Halley's kind from the
// float64 y: with w = (1+x)·exp(-y)-1 it is y + log(1+w), and w is tiny.
func bigLog1p(x *big.Float) *big.Float {
	third := bigQuo(newBig(1), newBig(3))
	if isTiny(x) {
		return bigCubic(x, newBig(-0.5), third)
	}
	near, _ := x.Float64()
	y := newBig(math.Log1p(near))
	w := bigAdd(bigMul(bigAdd(newBig(1), x), bigExp(newBig(0).Neg(y))), newBig(-1))
	return bigAdd(y, bigCubic(w, newBig(-0.5), third))
}

// bigActivation is the definition of an activation at a finite x.
func bigActivation(act Activation, x float64) *big.Float {
	// exp(±2000) is far out of the range of float64.
	b := newBig(min(max(x, -2000), 2000))
	switch act {
	case Tanh:
		if math.Abs(x) > 100 {
			return newBig(math.Copysign(1, x))
		}
		e := bigExpm1(bigAdd(b, b))
		return bigQuo(e, bigAdd(e, newBig(2)))
	case Sigmoid:
		return bigQuo(newBig(1), bigAdd(newBig(1), bigExp(b.Neg(b))))
	case Softplus:
		return bigAdd(newBig(max(x, 0)), bigLog1p(bigExp(b.Neg(b.Abs(b)))))
	case ReLU:
		return newBig(max(x, 0))
	case Exp:
		return bigExp(b)
	}
	return newBig(x)
}

// bigDerivative is act'(x) as a function of a finite y = act(x).
func bigDerivative(act Activation, y float64) *big.Float {
	b, one := newBig(y), newBig(1)
	switch act {
	case Tanh:
		return one.Sub(one, bigMul(b, b))
	case Sigmoid:
		return bigMul(b, one.Sub(one, b))
	case Softplus:
		if y > 2000 {
			return one
		}
		e := bigExpm1(b.Neg(b))
		return e.Neg(e)
	case ReLU:
		return newBig(float64(b.Sign()))
	case Exp:
		return b
	}
	return one
}

// bigULPs returns the distance of got from want in units in the last place of
// float64 at want, the smallest subnormal at least. An infinity is at no
// distance from what rounds to it.
func bigULPs(got float64, want *big.Float) float64 {
	if math.IsNaN(got) {
		return math.Inf(1)
	}
	if math.IsInf(got, 0) {
		if nearest, _ := want.Float64(); nearest == got {
			return 0
		}
		return math.Inf(1)
	}
	unit := max(want.MantExp(nil)-53, -1074)
	d := newBig(got)
	d.Sub(d, want)
	u, _ := d.SetMantExp(d.Abs(d), -unit).Float64()
	return u
}
