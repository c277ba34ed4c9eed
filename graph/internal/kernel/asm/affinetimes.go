package main

import (
	"github.com/mmcloughlin/avo/operand"
)

// affineTimes emits what an affine layer adds to its product where each row has a time
// of its own.
func affineTimes(g *gen) {
	g.text("addTimes", "func(c *T, times, wt, b *T, rows, n, ldc int)", func() {
		c, times, wt, b, rows := g.param("c"), g.param("times"), g.param("wt"), g.param("b"), g.param("rows")
		loop, again := g.label("row")
		g.Label(loop)
		t, n, index := g.register(), g.param("n"), g.GP64()
		g.broadcast(operand.Mem{Base: times}, t)
		g.XORQ(index, index)
		g.span(n, index, g.lanes(), []int{4, 1}, func(vectors int, mask operand.Op) {
			bare, skip := g.label("bare")
			first := g.zeros(vectors)
			for v := range first {
				g.mul(g.load(g.vectorAt(wt, index, v), mask), t, first[v])
			}
			g.TESTQ(b, b)
			g.JE(skip)
			for v := range first {
				g.add(g.load(g.vectorAt(b, index, v), mask), first[v], first[v])
			}
			g.Label(bare)
			for v := range first {
				m := g.vectorAt(c, index, v)
				g.add(g.load(m, mask), first[v], first[v])
				g.store(first[v], m, mask)
			}
		})
		g.ADDQ(operand.I8(g.size), times)
		g.ADDQ(g.bytes("ldc"), c)
		g.DECQ(rows)
		g.JNE(again)
		g.end()
	}, "adds times[i]·wt + b to each of so many rows i of c, at least one, of n elements",
		"each. b may be nil.")
}
