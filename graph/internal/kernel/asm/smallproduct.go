package main

import (
	"github.com/mmcloughlin/avo/operand"
)

// smallProducts emits products that are read as they lie in memory.
func smallProducts(g *gen) { g.combineRows() }

func (g *gen) combineRows() {
	g.text("combineRows", "func(m, n, k int, a *T, ars, acs int, b *T, accumulate bool, c *T)", func() {
		n, ldb, acs, index := g.param("n"), g.bytes("n"), g.bytes("acs"), g.GP64()
		g.XORQ(index, index)
		g.span(n, index, g.lanes(), []int{8, 4, 1}, func(vectors int, mask operand.Op) {
			row, a, c := g.param("m"), g.param("a"), g.param("c")
			rows, next := g.label("rows")
			g.Label(rows)
			acc := g.zeros(vectors)
			replace, skip := g.label("replace")
			accumulate := g.GP8()
			g.Load(g.Param("accumulate"), accumulate)
			g.TESTB(accumulate, accumulate)
			g.JE(skip)
			for v := range acc {
				g.loadTo(g.vectorAt(c, index, v), mask, acc[v])
			}
			g.Label(replace)
			ap, bp, left := g.GP64(), g.param("b"), g.param("k")
			g.MOVQ(a, ap)
			loop, again := g.label("depth")
			g.Label(loop)
			factor := g.register()
			g.broadcast(operand.Mem{Base: ap}, factor)
			for v := range acc {
				g.fmaAt(g.vectorAt(bp, index, v), mask, factor, acc[v])
			}
			g.ADDQ(acs, ap)
			g.ADDQ(ldb, bp)
			g.DECQ(left)
			g.JNE(again)
			for v := range acc {
				g.store(acc[v], g.vectorAt(c, index, v), mask)
			}
			g.ADDQ(g.bytes("ars"), a)
			g.ADDQ(ldb, c)
			g.DECQ(row)
			g.JNE(next)
		})
		g.end()
	}, "computes the rows C[i,:] = Σ_p a[i·ars+p·acs]·B[p,:], or adds them",
		"to C, for B (k, n) and C (m, n), contiguous, none of m, n, k being 0. All rows",
		"of some columns come first.")
}
