package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowCombinations emits linear combinations some of whose terms are scaled by row.
func rowCombinations(g *gen) {
	g.scaledComb()
	g.spreadNarrow()
	g.spreadWide()
}

// scaledComb takes the scales of the elements from lo on. The scaled terms come first,
// so that one register for each vector is enough.
func (g *gen) scaledComb() {
	g.text("scaledComb", "func(dst, scale, c *T, x *[]T, terms int, d *T, y *[]T, scaled, lo, hi int, accumulate bool)", func() {
		dst, scale, lo, n := g.param("dst"), g.param("scale"), g.bytes("lo"), g.count("lo", "hi")
		g.SUBQ(lo, scale)
		g.span(n, lo, g.lanes(), []int{8, 1}, func(vectors int, mask operand.Op) {
			acc := g.zeros(vectors)
			sum := func(count, c, x string) {
				g.terms(count, c, g.size, x, func(x reg.GPVirtual, c reg.VecVirtual) {
					for v := range acc {
						g.fmaAt(g.vectorAt(x, lo, v), mask, c, acc[v])
					}
				}, g.broadcast)
			}
			sum("scaled", "d", "y")
			replace, start := g.label("replace")
			add, join := g.label("add")
			accumulate := g.GP8()
			g.Load(g.Param("accumulate"), accumulate)
			g.TESTB(accumulate, accumulate)
			g.JE(start)
			for v := range acc {
				g.mulAdd(g.load(g.vectorAt(dst, lo, v), mask), g.load(g.vectorAt(scale, lo, v), mask), acc[v])
			}
			g.JMP(join)
			g.Label(replace)
			for v := range acc {
				g.mul(g.load(g.vectorAt(scale, lo, v), mask), acc[v], acc[v])
			}
			g.Label(add)
			sum("terms", "c", "x")
			for v := range acc {
				g.store(acc[v], g.vectorAt(dst, lo, v), mask)
			}
		})
		g.end()
	}, "computes dst = Σ_i c[i]·x[i] + scale ⊙ Σ_j d[j]·y[j], or adds it to dst,",
		"for the elements lo to hi, with the scale of element lo first.")
}

// spreadNarrow has a table of lane indices for each vector of a period, after which
// vectors begin with a row again.
func (g *gen) spreadNarrow() {
	g.text("spreadNarrow", "func(dst *T, column *float64, lanes *int32, rows *int, period, step, start, vectors int)", func() {
		dst, column, vectors := g.param("dst"), g.param("column"), g.param("vectors")
		lanes, rows, left, start := g.param("lanes"), g.param("rows"), g.param("period"), g.param("start")
		g.SUBQ(start, left)
		g.LEAQ(operand.Mem{Base: rows, Index: start, Scale: 8}, rows)
		g.SHLQ(operand.U8(6), start)
		g.ADDQ(start, lanes)
		next, more := g.label("vector")
		done, exit := g.label("done")
		g.Label(next)
		x, row, index := g.register(), g.GP64(), g.register()
		g.MOVQ(operand.Mem{Base: rows}, row)
		g.VMOVUPS(operand.Mem{Base: lanes}, index)
		g.narrowFrom(operand.Mem{Base: column, Index: row, Scale: 8}, x)
		g.VPERMPS(x, index, x)
		g.mov(x, operand.Mem{Base: dst})
		g.ADDQ(operand.I32(g.width), dst)
		g.DECQ(vectors)
		g.JE(exit)
		g.ADDQ(operand.I32(avx512), lanes) // the size of a row of the table on any level
		g.ADDQ(operand.I8(8), rows)
		g.DECQ(left)
		g.JNE(more)
		step := g.param("step")
		g.LEAQ(operand.Mem{Base: column, Index: step, Scale: 8}, column)
		g.Load(g.Param("lanes"), lanes)
		g.Load(g.Param("rows"), rows)
		g.Load(g.Param("period"), left)
		g.JMP(more)
		g.Label(done)
		g.end()
	}, "fills vectors, at least one, with entries of a column. The v-th one of a",
		"period takes lanes[16·v:] of the entries from rows[v] on, and the next period",
		"begins step entries further on. The first vector is the given one of a period.")
}

// narrowFrom loads as many float64 as a register holds into the lower lanes of x.
func (g *gen) narrowFrom(m operand.Mem, x reg.VecVirtual) {
	switch {
	case g.size == 8:
		g.VMOVUPD(m, x)
	case g.width == avx512:
		g.VCVTPD2PS(m, x.AsY())
	default:
		g.VCVTPD2PSY(m, x.AsX())
	}
}

// spreadWide writes vectors that lie within a row, and one where two rows meet.
func (g *gen) spreadWide() {
	g.text("spreadWide", "func(dst *T, column *float64, rows, first, width, vectors int)", func() {
		dst, column, rows, vectors := g.param("dst"), g.param("column"), g.param("rows"), g.param("vectors")
		left, x := g.param("first"), g.register()
		g.columnEntry(operand.Mem{Base: column}, x)
		within, again := g.label("within")
		meet, border := g.label("meet")
		last, final := g.label("last")
		done, exit := g.label("done")
		put := func(y reg.VecVirtual) {
			g.mov(y, operand.Mem{Base: dst})
			g.ADDQ(operand.I32(g.width), dst)
			g.SUBQ(operand.I32(g.lanes()), left)
			g.DECQ(vectors)
		}
		g.Label(within)
		g.CMPQ(left, operand.I32(g.lanes()))
		g.JL(border)
		put(x)
		g.JNE(again)
		g.JMP(exit)
		g.Label(meet)
		g.DECQ(rows)
		g.JE(final)
		y, both := g.register(), g.register()
		g.ADDQ(operand.I8(8), column)
		g.columnEntry(operand.Mem{Base: column}, y)
		g.choose(g.mask(left, g.lanes()), x, y, both)
		g.ADDQ(g.param("width"), left)
		g.mov(y, x)
		put(both)
		g.JNE(again)
		g.JMP(exit)
		g.Label(last)
		g.mov(x, operand.Mem{Base: dst})
		g.Label(done)
		g.end()
	}, "fills vectors, at least one, with the entries of a column, each width times, which",
		"is more than the lanes of a vector, but the first one so many times as said. There",
		"are so many rows.")
}

// columnEntry sets all lanes of x to a float64.
func (g *gen) columnEntry(m operand.Mem, x reg.VecVirtual) {
	if g.size == 8 {
		g.VBROADCASTSD(m, x)
		return
	}
	one := g.XMM()
	g.VXORPS(one, one, one)
	g.VCVTSD2SS(m, one, one)
	g.VBROADCASTSS(one, x)
}
