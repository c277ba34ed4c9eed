package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const sliceHeader = 24 // bytes; the pointer comes first

// linearCombinations emits linear combinations and products of vectors.
func linearCombinations(g *gen) {
	g.linComb()
	g.noiseComb()
	g.elementwise("mul", "computes dst = x·y.", []string{"x", "y"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		g.mul(in[0], in[1], in[0])
		return in[0]
	})
	g.elementwise("cube", "computes dst = x³.", []string{"x"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		y := g.register()
		g.mul(in[0], in[0], y)
		g.mul(in[0], y, y)
		return y
	})
	g.elementwise("cubeGrad", "computes dst = 3x²·dy.", []string{"x", "dy"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		y := g.register()
		g.mul(g.constant("three", 3), in[0], y)
		g.mul(in[0], y, y)
		g.mul(in[1], y, y)
		return y
	})
}

func (g *gen) linComb() {
	g.text("linComb", "func(dst, c *T, x *[]T, terms, lo, hi int, accumulate bool)", func() {
		dst, lo, n := g.param("dst"), g.bytes("lo"), g.count("lo", "hi")
		g.spans(n, lo, g.lanes(), []int{8, 4}, func(vectors int, mask operand.Op) {
			masks := make([]operand.Op, vectors)
			masks[vectors-1] = mask
			acc := g.zeros(vectors)
			add, start := g.label("replace")
			accumulate := g.GP8()
			g.Load(g.Param("accumulate"), accumulate)
			g.TESTB(accumulate, accumulate)
			g.JE(start)
			for v := range acc {
				g.loadTo(g.vectorAt(dst, lo, v), masks[v], acc[v])
			}
			g.Label(add)
			g.terms("terms", "c", g.size, "x", func(x reg.GPVirtual, c reg.VecVirtual) {
				for v := range acc {
					g.fmaAt(g.vectorAt(x, lo, v), masks[v], c, acc[v])
				}
			}, g.broadcast)
			for v := range acc {
				g.store(acc[v], g.vectorAt(dst, lo, v), masks[v])
			}
		})
		g.end()
	}, "computes dst = Σ_i c[i]·x[i], or adds it to dst, for the",
		"elements lo to hi. All terms of some elements are added up in registers.")
}

// noiseComb emits a linear combination whose coefficients depend on noise.
func (g *gen) noiseComb() {
	g.text("noiseComb", "func(dst, c *T, x *[]T, terms int, noise, b *[]T, noises, lo, hi int, accumulate bool)", func() {
		dst, lo, n := g.param("dst"), g.bytes("lo"), g.count("lo", "hi")
		g.spans(n, lo, g.lanes(), []int{4}, func(vectors int, mask operand.Op) {
			masks := make([]operand.Op, vectors)
			masks[vectors-1] = mask
			acc := g.zeros(vectors)
			add, start := g.label("replace")
			g.CMPB(address(g.Param("accumulate")), operand.I8(0))
			g.JE(start)
			for v := range acc {
				g.loadTo(g.vectorAt(dst, lo, v), masks[v], acc[v])
			}
			g.Label(add)
			combine := func(sum []reg.VecVirtual) func(x reg.GPVirtual, c reg.VecVirtual) {
				return func(x reg.GPVirtual, c reg.VecVirtual) {
					for v := range sum {
						g.fmaAt(g.vectorAt(x, lo, v), masks[v], c, sum[v])
					}
				}
			}
			g.terms("terms", "c", g.size, "x", combine(acc), g.broadcast)

			z, b, left := g.param("noise"), g.param("b"), g.param("noises")
			loop, again := g.label("noise")
			none, skip := g.label("none")
			done, exit := g.label("combined")
			g.TESTQ(left, left)
			g.JE(exit)
			g.Label(loop)
			coefficients, zm := g.GP64(), g.GP64()
			g.MOVQ(operand.Mem{Base: b}, coefficients)
			g.TESTQ(coefficients, coefficients)
			g.JE(skip)
			part := g.zeros(vectors)
			g.termsOf("terms", coefficients, g.size, "x", combine(part), g.broadcast)
			g.MOVQ(operand.Mem{Base: z}, zm)
			for v := range part {
				g.mul(g.load(g.vectorAt(zm, lo, v), masks[v]), part[v], part[v])
				g.add(part[v], acc[v], acc[v])
			}
			g.Label(none)
			g.ADDQ(operand.I8(sliceHeader), z)
			g.ADDQ(operand.I8(sliceHeader), b)
			g.DECQ(left)
			g.JNE(again)
			g.Label(done)
			for v := range acc {
				g.store(acc[v], g.vectorAt(dst, lo, v), masks[v])
			}
		})
		g.end()
	}, "computes dst = Σ_i c[i]·x[i] + Σ_m noise[m]·Σ_i b[m][i]·x[i],",
		"or adds it to dst, for the elements lo to hi. A nil b[m] leaves its noise out.")
}

// count returns the number of elements from one parameter to another.
func (g *gen) count(lo, hi string) reg.GPVirtual {
	n, from := g.param(hi), g.param(lo)
	g.SUBQ(from, n)
	return n
}

// terms emits a loop over as many terms as the parameter count says. For each it
// calls body with the pointer of the slice in the list x, and the coefficient in the
// list c, of elements of the given size, in all lanes.
func (g *gen) terms(count, c string, size int, x string, body func(x reg.GPVirtual, c reg.VecVirtual), broadcast func(a, d operand.Op)) {
	g.termsOf(count, g.param(c), size, x, body, broadcast)
}

// termsOf is terms with the list of coefficients in a register.
func (g *gen) termsOf(count string, coefficients reg.GPVirtual, size int, x string, body func(x reg.GPVirtual, c reg.VecVirtual), broadcast func(a, d operand.Op)) {
	slices, left := g.param(x), g.param(count)
	loop, again := g.label("terms")
	done, exit := g.label("summed")
	g.TESTQ(left, left)
	g.JE(exit)
	g.Label(loop)
	xi, ci := g.GP64(), g.register()
	g.MOVQ(operand.Mem{Base: slices}, xi)
	broadcast(operand.Mem{Base: coefficients}, ci)
	body(xi, ci)
	g.ADDQ(operand.I8(sliceHeader), slices)
	g.ADDQ(operand.I8(size), coefficients)
	g.DECQ(left)
	g.JNE(again)
	g.Label(done)
}
