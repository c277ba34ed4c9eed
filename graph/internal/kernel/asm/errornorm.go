package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// errorNorms emits sums of squares and the scaled error. They compute in
// float64, four elements in a register, whatever the element type.
func errorNorms(g *gen) {
	g.errorSumSq()
	g.errorGrad()
	g.sums("sumSq", "func(x *T, n int) float64", "returns Σ x².", false)
	g.sums("diffSumSq", "func(x, y *T, n int) float64", "returns Σ (x-y)².", true)
	g.finite()
}

// double returns the generator for float64 arithmetic in the same file.
func (g *gen) double() *gen {
	if g.size == 8 {
		return g
	}
	return newGen(g.Context, 8, g.constants)
}

const doubles = 4 // in a register

// widen loads four elements as float64.
func (g *gen) widen(m operand.Mem, mask reg.VecVirtual) reg.VecVirtual {
	if g.size == 8 {
		return g.load(m, mask)
	}
	x := g.YMM()
	if mask == nil {
		g.VCVTPS2PD(m, x)
		return x
	}
	part := g.XMM()
	g.VMASKMOVPS(m, mask, part)
	g.VCVTPS2PD(part, x)
	return x
}

// wideMask turns a mask of four elements into one of four float64.
func (g *gen) wideMask(mask reg.VecVirtual) reg.VecVirtual {
	if g.size == 8 {
		return mask
	}
	wide := g.YMM()
	g.VPMOVSXDQ(mask, wide)
	return wide
}

// at returns the memory of the v-th group of four elements.
func (g *gen) at(base reg.Register, index reg.GPVirtual, v int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: 1, Disp: doubles * g.size * v}
}

// scaled emits code for u and s of some vectors of elements.
func (g *gen) scaled(z, z1, index reg.GPVirtual, atol, rtol reg.VecVirtual, vectors int, mask reg.VecVirtual) (u, s []reg.VecVirtual) {
	d := g.double()
	u = g.zeros(vectors)
	g.terms("c", 8, "k", func(k reg.GPVirtual, c reg.VecVirtual) {
		for v := range u {
			if g.size == 8 && mask == nil {
				d.fma(g.at(k, index, v), c, u[v])
			} else {
				d.fma(g.widen(g.at(k, index, v), mask), c, u[v])
			}
		}
	}, d.broadcast)
	for v := range vectors {
		a, b := g.widen(g.at(z, index, v), mask), g.widen(g.at(z1, index, v), mask)
		nan, scale := g.YMM(), d.fresh(atol)
		d.compare(unordered, a, b, nan)
		d.and(d.absMask(), a, a)
		d.and(d.absMask(), b, b)
		d.max(a, b, a)
		d.or(nan, a, a)
		d.fma(rtol, a, scale)
		s = append(s, scale)
	}
	return u, s
}

// scalar returns a float64 parameter in all lanes.
func (g *gen) scalar(name string) reg.VecVirtual {
	x := g.YMM()
	g.VBROADCASTSD(address(g.Param(name)), x)
	return x
}

func (g *gen) errorSumSq() {
	g.text("errorSumSq", "func(z, z1 *T, c *float64, k *[]T, terms, lo, hi int, atol, rtol float64) float64",
		"returns Σ (u/s)² over the elements lo to hi, where",
		"u = Σ_j c[j]·k[j] and s = atol + max(|z|, |z1|)·rtol.")
	d := g.double()
	z, z1, lo, n := g.param("z"), g.param("z1"), g.bytes("lo"), g.count("lo", "hi")
	atol, rtol := g.scalar("atol"), g.scalar("rtol")
	sums := g.zeros(2)
	g.span(n, lo, doubles, []int{2, 1}, func(vectors int, mask reg.VecVirtual) {
		u, s := g.scaled(z, z1, lo, atol, rtol, vectors, mask)
		for v := range u {
			d.div(s[v], u[v], u[v])
			if mask != nil {
				d.and(g.wideMask(mask), u[v], u[v]) // 0/atol may be NaN
			}
			d.fma(u[v], u[v], sums[v])
		}
	})
	d.result(d.sumLanes(d.reduce(sums)))
}

func (g *gen) errorGrad() {
	g.text("errorGrad", "func(dst, z, z1 *T, c *float64, k *[]T, terms, lo, hi int, atol, rtol, scale float64)",
		"computes dst = scale·u/s² for the elements lo to hi, with",
		"u and s as in errorSumSq.")
	d := g.double()
	dst, z, z1, lo, n := g.param("dst"), g.param("z"), g.param("z1"), g.bytes("lo"), g.count("lo", "hi")
	atol, rtol, scale := g.scalar("atol"), g.scalar("rtol"), g.scalar("scale")
	g.span(n, lo, doubles, []int{2, 1}, func(vectors int, mask reg.VecVirtual) {
		u, s := g.scaled(z, z1, lo, atol, rtol, vectors, mask)
		for v := range u {
			d.mul(s[v], s[v], s[v])
			d.mul(scale, u[v], u[v])
			d.div(s[v], u[v], u[v])
			g.narrow(u[v], g.at(dst, lo, v), mask)
		}
	})
	g.end()
}

// narrow stores four float64 as elements.
func (g *gen) narrow(x reg.VecVirtual, m operand.Mem, mask reg.VecVirtual) {
	if g.size == 8 {
		g.store(x, m, mask)
		return
	}
	part := g.XMM()
	g.VCVTPD2PSY(x, part)
	if mask == nil {
		g.VMOVUPS(part, m)
	} else {
		g.VMASKMOVPS(part, mask, m)
	}
}

// sums emits the sum of the squares of x or, with diff, of x-y.
func (g *gen) sums(name, signature, doc string, diff bool) {
	g.text(name, signature, doc)
	d := g.double()
	x, n, index := g.param("x"), g.param("n"), g.GP64()
	var y reg.GPVirtual
	if diff {
		y = g.param("y")
	}
	g.XORQ(index, index)
	sums := g.zeros(4)
	g.span(n, index, doubles, []int{4, 1}, func(vectors int, mask reg.VecVirtual) {
		for v := range vectors {
			a := g.widen(g.at(x, index, v), mask)
			if diff {
				d.sub(g.widen(g.at(y, index, v), mask), a, a)
			}
			d.fma(a, a, sums[v])
		}
	})
	d.result(d.sumLanes(d.reduce(sums)))
}

func (g *gen) finite() {
	g.text("finiteSum", "func(x *T, n int) T",
		"returns Σ 0·x, which is zero if all elements are finite and NaN otherwise.")
	x, n, index := g.param("x"), g.param("n"), g.GP64()
	g.XORQ(index, index)
	zero, sums := g.zero(), g.zeros(4)
	g.span(n, index, g.lanes, []int{4, 1}, func(vectors int, mask reg.VecVirtual) {
		for v := range vectors {
			m := operand.Mem{Base: x, Index: index, Scale: 1, Disp: 32 * v}
			g.fma(g.load(m, mask), zero, sums[v])
		}
	})
	g.result(g.sumLanes(g.reduce(sums)))
}
