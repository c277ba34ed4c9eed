package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// smallProducts emits products that are read as they lie in memory.
func smallProducts(g *gen) { g.combineRows() }

func (g *gen) combineRows() {
	g.text("combineRows", "func(m, n, k int, a *T, ars, acs int, b *T, first *T, accumulate bool, c *T)", func() {
		n, ldb, acs, index := g.param("n"), g.bytes("n"), g.bytes("acs"), g.GP64()
		g.XORQ(index, index)
		// columns emits the loop over rows for some vectors of columns, or for so many
		// columns of one.
		columns := func(vectors, few int) {
			row, a, c := g.param("m"), g.param("a"), g.param("c")
			rows, next := g.label("rows")
			g.Label(rows)
			acc := g.zeros(vectors)
			depth, start := g.label("depth")
			onto, add := g.label("onto")
			from := g.param("first")
			g.TESTQ(from, from)
			g.JNE(add)
			accumulate := g.GP8()
			g.Load(g.Param("accumulate"), accumulate)
			g.TESTB(accumulate, accumulate)
			g.JE(start)
			g.MOVQ(c, from)
			g.Label(onto)
			for v := range acc {
				g.loadFew(g.vectorAt(from, index, v), few, acc[v])
			}
			g.Label(depth)
			ap, bp, left := g.GP64(), g.param("b"), g.param("k")
			g.MOVQ(a, ap)
			loop, again := g.label("next")
			g.Label(loop)
			factor := g.register()
			g.broadcast(operand.Mem{Base: ap}, factor)
			for v := range acc {
				if few == 0 {
					g.fmaAt(g.vectorAt(bp, index, v), nil, factor, acc[v])
				} else {
					x := g.register()
					g.loadFew(g.vectorAt(bp, index, v), few, x)
					g.fma(x, factor, acc[v])
				}
			}
			g.ADDQ(acs, ap)
			g.ADDQ(ldb, bp)
			g.DECQ(left)
			g.JNE(again)
			for v := range acc {
				g.storeFew(acc[v], g.vectorAt(c, index, v), few)
			}
			g.ADDQ(g.bytes("ars"), a)
			g.ADDQ(ldb, c)
			g.DECQ(row)
			g.JNE(next)
		}
		for _, vectors := range []int{8, 4, 1} {
			g.while(n, index, vectors*g.lanes(), func() { columns(vectors, 0) })
		}
		// Not through a mask: the elements of the next row that are not in it would wait
		// for the store to this one.
		for few := g.lanes() / 2; few > 0; few /= 2 {
			g.while(n, index, few, func() { columns(1, few) })
		}
		g.end()
	}, "computes the rows C[i,:] = Σ_p a[i·ars+p·acs]·B[p,:], plus a row",
		"that comes first or, without one, maybe added to C, for B (k, n) and C (m, n),",
		"contiguous, none of m, n, k being 0. All rows of some columns come first.")
}

// while emits a loop that takes so many elements at a time off n and moves index, an
// offset in bytes, past them.
func (g *gen) while(n, index reg.GPVirtual, elements int, body func()) {
	loop, again := g.label("elements")
	next, exit := g.label("fewer")
	g.Label(loop)
	g.CMPQ(n, operand.I32(elements))
	g.JL(exit)
	body()
	g.ADDQ(operand.I32(elements*g.size), index)
	g.SUBQ(operand.I32(elements), n)
	g.JMP(again)
	g.Label(next)
}

// loadFew reads so many elements, half a register or less, or all of one if few is 0.
// The others are zero.
func (g *gen) loadFew(m operand.Mem, few int, x reg.VecVirtual) {
	switch few * g.size {
	case 0:
		g.mov(m, x)
	case 32:
		g.mov(m, x.AsY())
	case 16:
		g.mov(m, x.AsX())
	case 8:
		g.VMOVSD(m, x.AsX())
	case 4:
		g.VMOVSS(m, x.AsX())
	}
}

// storeFew is the reverse of loadFew.
func (g *gen) storeFew(x reg.VecVirtual, m operand.Mem, few int) {
	switch few * g.size {
	case 0:
		g.mov(x, m)
	case 32:
		g.mov(x.AsY(), m)
	case 16:
		g.mov(x.AsX(), m)
	case 8:
		g.VMOVSD(x.AsX(), m)
	case 4:
		g.VMOVSS(x.AsX(), m)
	}
}
