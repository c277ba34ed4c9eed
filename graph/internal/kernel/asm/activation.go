package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// activations emits the activations and their derivatives. All rest on one
// polynomial, the Taylor series of exp after reduction to |r| ≤ log(2)/2.
func activations(g *gen) {
	g.elementwise("tanh", "computes dst = tanh(x).", []string{"x"}, 1, g.tanh)
	g.elementwise("sigmoid", "computes dst = 1/(1+exp(-x)).", []string{"x"}, 1, g.sigmoid)
	g.elementwise("softplus", "computes dst = log(1+exp(x)).", []string{"x"}, 1, g.softplus)
	g.elementwise("relu", "computes dst = max(x, 0).", []string{"x"}, 4, g.relu)
	g.elementwise("exp", "computes dst = exp(x).", []string{"x"}, 1, func(in []reg.VecVirtual) reg.VecVirtual {
		g.min(in[0], g.fresh(g.constant("exphigh", g.expHigh())), in[0])
		return g.exp(in[0])
	})

	g.elementwise("tanhGrad", "computes dst = dy·(1-y²).", []string{"y", "dy"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		d := g.fresh(g.constant("one", 1))
		g.fms(in[0], in[0], d)
		g.mul(d, in[1], d)
		return d
	})
	g.elementwise("sigmoidGrad", "computes dst = dy·y(1-y).", []string{"y", "dy"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		d := g.fresh(in[0])
		g.fms(in[0], in[0], d)
		g.mul(d, in[1], d)
		return d
	})
	g.elementwise("softplusGrad", "computes dst = dy·(1-exp(-y)).", []string{"y", "dy"}, 1, g.softplusGrad)
	g.elementwise("reluGrad", "computes dst = dy where y > 0, else 0·dy.", []string{"y", "dy"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		zero, step := g.zero(), g.register()
		positive := g.compare(greaterThan, zero, in[0])
		g.max(in[0], zero, step) // NaN remains
		g.choose(positive, g.fresh(g.constant("one", 1)), step, step)
		g.mul(step, in[1], step)
		return step
	})
}

// elementwise emits a function of n elements of the inputs.
func (g *gen) elementwise(name, doc string, inputs []string, unroll int, body func(in []reg.VecVirtual) reg.VecVirtual) {
	signature := "func(dst"
	for _, in := range inputs {
		signature += ", " + in
	}
	g.text(name, signature+" *T, n int)", func() {
		dst, n, index := g.param("dst"), g.param("n"), g.GP64()
		src := make([]reg.GPVirtual, len(inputs))
		for i, in := range inputs {
			src[i] = g.param(in)
		}
		g.XORQ(index, index)
		vectors := []int{1}
		if unroll > 1 {
			vectors = []int{unroll, 1}
		}
		g.span(n, index, g.lanes(), vectors, func(vectors int, mask operand.Op) {
			for v := range vectors {
				in := make([]reg.VecVirtual, len(inputs))
				for i := range in {
					in[i] = g.load(g.vectorAt(src[i], index, v), mask)
				}
				g.store(body(in), g.vectorAt(dst, index, v), mask)
			}
		})
		g.end()
	}, doc)
}

// precision returns the number for the element type.
func precision[N any](g *gen, single, double N) N {
	if g.size == 4 {
		return single
	}
	return double
}

// Numbers of the two formats: mantissa bits without the hidden one, exponent
// bias, and arguments beyond which exp is zero or infinite.
func (g *gen) mantissa() int    { return precision(g, 23, 52) }
func (g *gen) bias() float64    { return precision(g, 127., 1023.) }
func (g *gen) expLow() float64  { return precision(g, -104., -746.) }
func (g *gen) expHigh() float64 { return precision(g, 89., 710.) }

// rounder returns a number that, added to a small k, leaves round(k)+offset in
// the lowest bits of the sum.
func (g *gen) rounder(name string, offset float64) operand.Mem {
	return g.constant(name, 3*math.Ldexp(1, g.mantissa()-1)+offset)
}

// pow2 turns n, an exponent with its bias in the lowest bits, into the power of
// two.
func (g *gen) pow2(n reg.VecVirtual) reg.VecVirtual {
	s, shift := g.register(), operand.U8(g.mantissa())
	if g.size == 4 {
		g.VPSLLD(shift, n, s)
	} else {
		g.VPSLLQ(shift, n, s)
	}
	return s
}

// reduceExp writes x = k·log(2) + r with integer k and |r| ≤ log(2)/2. It
// returns k, r and the sum of k and the rounder, with the given offset.
func (g *gen) reduceExp(x reg.VecVirtual, name string, offset float64) (k, r, n reg.VecVirtual) {
	// The product of k and the nearest number to log(2) is exact inside FMA.
	high := math.Ln2
	low := 2.319046813846299616e-17 // log(2) - float64(log(2))
	if g.size == 4 {
		high = float64(float32(math.Ln2))
		low = math.Ln2 - high
	}
	rounder := g.rounder(name, offset)
	n, k, r = g.fresh(rounder), g.register(), g.fresh(x)
	g.fma(g.constant("log2e", math.Log2E), x, n)
	g.sub(rounder, n, k)
	g.fms(g.constant("ln2high", high), k, r)
	g.fms(g.constant("ln2low", low), k, r)
	return k, r, n
}

// expm1Series returns exp(r)-1 = r + r²/2 + r³/3! + … for |r| ≤ log(2)/2,
// relative to which the terms left out are less than a quarter of the rounding
// error.
func (g *gen) expm1Series(r reg.VecVirtual) reg.VecVirtual {
	terms := precision(g, 7, 13)
	coefficient := func(i int) operand.Mem {
		return g.constant(fmt.Sprintf("factorial%d", i), 1/math.Gamma(float64(i+1)))
	}
	square, p := g.register(), g.fresh(coefficient(terms))
	g.mul(r, r, square)
	for i := terms - 1; i >= 2; i-- {
		g.mulAdd(coefficient(i), r, p)
	}
	g.mulAdd(r, square, p)
	return p
}

// expm1 returns exp(x)-1 where 2^round(x/log(2)) is a normal number.
func (g *gen) expm1(x reg.VecVirtual) reg.VecVirtual {
	_, r, n := g.reduceExp(x, "biased", g.bias())
	p, s, e := g.expm1Series(r), g.pow2(n), g.register()
	g.sub(g.constant("one", 1), s, e)
	g.fma(s, p, e)
	return e
}

// exp returns exp(x) for x up to expHigh. It overwrites x.
func (g *gen) exp(x reg.VecVirtual) reg.VecVirtual {
	g.max(x, g.fresh(g.constant("explow", g.expLow())), x)
	k, r, _ := g.reduceExp(x, "unbiased", 0)
	p := g.expm1Series(r)
	// The power of two may not be a normal number, but the two parts of it are.
	biased := g.fresh(g.rounder("biased", g.bias()))
	first, half := g.fresh(biased), g.register()
	g.fma(g.constant("half", 0.5), k, first)
	g.sub(biased, first, half)
	g.sub(half, k, k)
	g.add(biased, k, k)
	s := g.pow2(first)
	g.mulAdd(s, s, p)
	g.mul(g.pow2(k), p, p)
	return p
}

// tanh returns E/(E+2) with E = exp(2|x|)-1, and the sign of x.
func (g *gen) tanh(in []reg.VecVirtual) reg.VecVirtual {
	x, a := in[0], g.register()
	g.and(g.absMask(), x, a)
	g.min(a, g.fresh(g.constant("tanhhigh", precision(g, 10., 20.))), a) // tanh is 1 from there
	g.add(a, a, a)
	e, d := g.expm1(a), g.register()
	g.add(g.constant("two", 2), e, d)
	g.div(d, e, e)
	g.and(g.signBit(), x, x)
	g.or(x, e, e)
	return e
}

// sigmoid returns 1/(1+e) or, for negative x, e/(1+e), with e = exp(-|x|).
func (g *gen) sigmoid(in []reg.VecVirtual) reg.VecVirtual {
	x, a := in[0], g.register()
	g.or(g.signBit(), x, a)
	e, d := g.exp(a), g.fresh(g.constant("one", 1))
	y := g.register()
	g.choose(g.negative(x), e, d, y)
	g.add(d, e, d)
	g.div(d, y, y)
	return y
}

// softplus returns max(x, 0) + log(1+e) with e = exp(-|x|), where
//
//	log(1+e) = 2·artanh(s) = 2(s + s³/3 + s⁵/5 + …), s = e/(2+e) ≤ 1/3.
func (g *gen) softplus(in []reg.VecVirtual) reg.VecVirtual {
	x, a := in[0], g.register()
	g.or(g.signBit(), x, a)
	e := g.exp(a)
	s, square := g.register(), g.register()
	g.add(g.constant("two", 2), e, s)
	g.div(s, e, s)
	g.mul(s, s, square)
	terms := precision(g, 6, 15)
	coefficient := func(i int) operand.Mem {
		return g.constant(fmt.Sprintf("artanh%d", 2*i+1), 2/float64(2*i+1))
	}
	p := g.fresh(coefficient(terms))
	for i := terms - 1; i >= 1; i-- {
		g.mulAdd(coefficient(i), square, p)
	}
	g.mul(s, square, square)
	g.add(s, s, s)
	g.mulAdd(s, square, p)
	g.max(x, g.zero(), x)
	g.add(x, p, p)
	return p
}

func (g *gen) relu(in []reg.VecVirtual) reg.VecVirtual {
	y := g.zero()
	g.max(in[0], y, y)
	return y
}

// softplusGrad returns -dy·(exp(-y)-1).
func (g *gen) softplusGrad(in []reg.VecVirtual) reg.VecVirtual {
	y := in[0]
	g.min(y, g.fresh(g.constant("expm1high", precision(g, 30., 50.))), y) // exp(-y)-1 is -1 from there
	g.pick(g.VXORPS, g.VXORPD)(g.signBit(), y, y)
	e := g.expm1(y)
	g.pick(g.VXORPS, g.VXORPD)(g.signBit(), e, e)
	g.mul(in[1], e, e)
	return e
}
