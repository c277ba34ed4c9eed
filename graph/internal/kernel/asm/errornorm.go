package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// errorNorms emits sums of squares and the scaled error. They compute in float64
// whatever the element type.
func errorNorms(g *gen) {
	g.errorSumSq()
	g.errorGrad()
	g.errorRatio()
	g.sums("sumSq", "func(x *T, n int) float64", "returns Σ x².", false)
	g.sums("diffSumSq", "func(x, y *T, n int) float64", "returns Σ (x-y)².", true)
	g.finite()
}

// double returns the generator for float64 arithmetic in the same function.
func (g *gen) double() *gen {
	d := *g
	d.size = 8
	return &d
}

// doubles returns the number of float64 in a register.
func (g *gen) doubles() int { return g.width / 8 }

// widen loads as many elements as doubles, or those in mask, as float64.
func (g *gen) widen(m operand.Mem, mask operand.Op) reg.VecVirtual {
	if g.size == 8 {
		return g.load(m, mask)
	}
	x := g.register()
	switch {
	case mask == nil:
		g.VCVTPS2PD(m, x)
	case g.width == avx512:
		g.VCVTPS2PD_Z(m, mask, x)
	default:
		part := g.XMM()
		g.loadTo(m, mask, part)
		g.VCVTPS2PD(part, x)
	}
	return x
}

// narrow stores float64 as elements.
func (g *gen) narrow(x reg.VecVirtual, m operand.Mem, mask operand.Op) {
	if g.size == 8 {
		g.store(x, m, mask)
		return
	}
	part := g.half()
	if g.width == avx512 {
		g.VCVTPD2PS(x, part)
	} else {
		g.VCVTPD2PSY(x, part)
	}
	g.store(part, m, mask)
}

// wideMask turns a mask of elements into one of float64.
func (g *gen) wideMask(mask operand.Op) operand.Op {
	if g.size == 8 || g.width == avx512 {
		return mask
	}
	wide := g.YMM()
	g.VPMOVSXDQ(mask, wide)
	return wide
}

// at returns the memory of the v-th group of as many elements as doubles.
func (g *gen) at(base reg.Register, index reg.GPVirtual, v int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: 1, Disp: g.doubles() * g.size * v}
}

// scaled emits code for u and s of some vectors of elements.
func (g *gen) scaled(z, z1, index reg.GPVirtual, atol, rtol reg.VecVirtual, vectors int, mask operand.Op) (u, s []reg.VecVirtual) {
	d := g.double()
	u = g.zeros(vectors)
	g.terms("terms", "c", 8, "k", func(k reg.GPVirtual, c reg.VecVirtual) {
		for v := range u {
			if g.size == 8 {
				g.fmaAt(g.at(k, index, v), mask, c, u[v])
			} else {
				d.fma(g.widen(g.at(k, index, v), mask), c, u[v])
			}
		}
	}, d.broadcast)
	for v := range vectors {
		a, b := g.widen(g.at(z, index, v), mask), g.widen(g.at(z1, index, v), mask)
		scale, larger := d.fresh(atol), g.register()
		d.and(d.absMask(), a, a)
		d.and(d.absMask(), b, b)
		d.max(a, b, larger) // a if either is NaN
		d.choose(d.compare(unordered, b, b), b, larger, larger)
		d.fma(rtol, larger, scale)
		s = append(s, scale)
	}
	return u, s
}

// scalar returns a float64 parameter in all lanes.
func (g *gen) scalar(name string) reg.VecVirtual {
	x := g.register()
	g.VBROADCASTSD(address(g.Param(name)), x)
	return x
}

func (g *gen) errorSumSq() {
	g.text("errorSumSq", "func(z, z1 *T, c *float64, k *[]T, terms, lo, hi int, atol, rtol float64) float64", func() {
		d := g.double()
		z, z1, lo, n := g.param("z"), g.param("z1"), g.bytes("lo"), g.count("lo", "hi")
		atol, rtol := g.scalar("atol"), g.scalar("rtol")
		sums := g.zeros(2)
		g.span(n, lo, g.doubles(), []int{2, 1}, func(vectors int, mask operand.Op) {
			u, s := g.scaled(z, z1, lo, atol, rtol, vectors, mask)
			for v := range u {
				d.div(s[v], u[v], u[v])
				if mask != nil {
					d.keep(g.wideMask(mask), u[v]) // 0/atol may be NaN
				}
				d.fma(u[v], u[v], sums[v])
			}
		})
		d.result(d.sumLanes(d.reduce(sums)))
	}, "returns Σ (u/s)² over the elements lo to hi, where",
		"u = Σ_j c[j]·k[j] and s = atol + max(|z|, |z1|)·rtol.")
}

func (g *gen) errorGrad() {
	g.text("errorGrad", "func(dst, z, z1 *T, c *float64, k *[]T, terms, lo, hi int, atol, rtol, scale float64)", func() {
		d := g.double()
		dst, z, z1, lo, n := g.param("dst"), g.param("z"), g.param("z1"), g.bytes("lo"), g.count("lo", "hi")
		atol, rtol, scale := g.scalar("atol"), g.scalar("rtol"), g.scalar("scale")
		g.span(n, lo, g.doubles(), []int{2, 1}, func(vectors int, mask operand.Op) {
			u, s := g.scaled(z, z1, lo, atol, rtol, vectors, mask)
			for v := range u {
				d.mul(s[v], s[v], s[v])
				d.mul(scale, u[v], u[v])
				d.div(s[v], u[v], u[v])
				g.narrow(u[v], g.at(dst, lo, v), mask)
			}
		})
		g.end()
	}, "computes dst = scale·u/s² for the elements lo to hi, with",
		"u and s as in errorSumSq.")
}

// errorRatio writes the terms of errorSumSq, for sums over parts of them.
func (g *gen) errorRatio() {
	g.text("errorRatio", "func(dst *float64, z, z1 *T, c *float64, k *[]T, terms, lo, hi int, atol, rtol float64, twice bool)", func() {
		d := g.double()
		dst, z, z1, lo, n := g.param("dst"), g.param("z"), g.param("z1"), g.bytes("lo"), g.count("lo", "hi")
		atol, rtol, twice := g.scalar("atol"), g.scalar("rtol"), g.GP8()
		g.Load(g.Param("twice"), twice)
		g.span(n, lo, g.doubles(), []int{2, 1}, func(vectors int, mask operand.Op) {
			u, s := g.scaled(z, z1, lo, atol, rtol, vectors, mask)
			once, skip := g.label("once")
			for v := range u {
				d.div(s[v], u[v], u[v])
			}
			g.TESTB(twice, twice)
			g.JE(skip)
			for v := range u {
				d.div(s[v], u[v], u[v])
			}
			g.Label(once)
			wide := mask
			if mask != nil {
				wide = g.wideMask(mask)
			}
			for v := range u {
				d.store(u[v], operand.Mem{Base: dst, Disp: g.width * v}, wide)
			}
			g.ADDQ(operand.I32(g.width*vectors), dst)
		})
		g.end()
	}, "computes dst = u/s or, if twice, u/s² for the elements lo to hi, the first",
		"in dst[0], with u and s as in errorSumSq.")
}

// sums emits the sum of the squares of x or, with diff, of x-y.
func (g *gen) sums(name, signature, doc string, diff bool) {
	g.text(name, signature, func() {
		d := g.double()
		x, n, index := g.param("x"), g.param("n"), g.GP64()
		var y reg.GPVirtual
		if diff {
			y = g.param("y")
		}
		g.XORQ(index, index)
		sums := g.zeros(4)
		g.span(n, index, g.doubles(), []int{4, 1}, func(vectors int, mask operand.Op) {
			for v := range vectors {
				a := g.widen(g.at(x, index, v), mask)
				if diff {
					d.sub(g.widen(g.at(y, index, v), mask), a, a)
				}
				d.fma(a, a, sums[v])
			}
		})
		d.result(d.sumLanes(d.reduce(sums)))
	}, doc)
}

func (g *gen) finite() {
	g.text("finiteSum", "func(x *T, n int) T", func() {
		x, n, index := g.param("x"), g.param("n"), g.GP64()
		g.XORQ(index, index)
		zero, sums := g.zero(), g.zeros(4)
		g.span(n, index, g.lanes(), []int{4, 1}, func(vectors int, mask operand.Op) {
			for v := range vectors {
				g.fma(g.load(g.vectorAt(x, index, v), mask), zero, sums[v])
			}
		})
		g.result(g.sumLanes(g.reduce(sums)))
	}, "returns Σ 0·x, which is zero if all elements are finite and NaN otherwise.")
}
