package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (g *gen) rowCombine() {
	g.text("rowCombine", "func(rows, n, k int, a *T, ars, acs int, b *T, ldb int, accumulate bool, c *T, ldc int)", func() {
		done, finished := g.label("done")
		// Two rows at a time share the elements of B.
		for rows := 2; rows >= 1; rows-- {
			next, again := g.label("rows")
			fewer, exit := g.label("fewer")
			g.Label(next)
			g.CMPQ(address(g.Param("rows")), operand.I8(rows))
			g.JL(exit)
			g.rowsCombined(rows)
			g.SUBQ(operand.I8(rows), address(g.Param("rows")))
			g.JE(finished)
			for _, step := range [][2]string{{"ars", "a"}, {"ldc", "c"}} {
				distance := g.bytes(step[0])
				for range rows {
					g.ADDQ(distance, address(g.Param(step[1])))
				}
			}
			g.JMP(again)
			g.Label(fewer)
		}
		g.Label(done)
		g.end()
	}, "computes C = A·B, or adds it to C, row by row: each element",
		"is summed in the order of k, starting from C. B lies as it is, with distance ldb",
		"between rows, and A has distances ars and acs between rows and columns.")
}

// rowsCombined emits one or two rows of rowCombine.
func (g *gen) rowsCombined(rows int) {
	n, acs, ldb, index := g.param("n"), g.bytes("acs"), g.bytes("ldb"), g.GP64()
	a, c := []reg.GPVirtual{g.param("a")}, []reg.GPVirtual{g.param("c")}
	if rows == 2 {
		a, c = append(a, g.bytes("ars")), append(c, g.bytes("ldc"))
		g.ADDQ(a[0], a[1])
		g.ADDQ(c[0], c[1])
	}
	g.XORQ(index, index)
	full := []int{8, 4}
	g.spans(n, index, g.lanes(), full[rows-1:], func(vectors int, mask operand.Op) {
		masks := make([]operand.Op, vectors)
		masks[vectors-1] = mask
		acc := g.zeros(rows * vectors)
		replace, skip := g.label("replace")
		g.CMPB(address(g.Param("accumulate")), operand.I8(0))
		g.JE(skip)
		for i := range acc {
			v := i % vectors
			g.loadTo(g.vectorAt(c[i/vectors], index, v), masks[v], acc[i])
		}
		g.Label(replace)
		offset, bp, left := g.GP64(), g.param("b"), g.param("k")
		g.XORQ(offset, offset)
		g.ADDQ(index, bp)
		loop, again := g.label("depth")
		g.Label(loop)
		factor := make([]reg.VecVirtual, rows)
		for i := range factor {
			factor[i] = g.register()
			g.broadcast(operand.Mem{Base: a[i], Index: offset, Scale: 1}, factor[i])
		}
		for v := range vectors {
			bv := operand.Op(operand.Mem{Base: bp, Disp: g.width * v})
			if rows > 1 || masks[v] != nil {
				bv = g.load(bv.(operand.Mem), masks[v])
			}
			for i := range factor {
				g.fma(bv, factor[i], acc[i*vectors+v])
			}
		}
		g.ADDQ(acs, offset)
		g.ADDQ(ldb, bp)
		g.DECQ(left)
		g.JNE(again)
		for i := range acc {
			v := i % vectors
			g.store(acc[i], g.vectorAt(c[i/vectors], index, v), masks[v])
		}
	})
}

func (g *gen) rowDot() {
	g.text("rowDot", "func(n, k int, a, b *T, ldb int, accumulate bool, c *T)", func() {
		n, a, b, ldb, c := g.param("n"), g.param("a"), g.param("b"), g.bytes("ldb"), g.param("c")
		accumulate := g.GP8()
		g.Load(g.Param("accumulate"), accumulate)
		for _, rows := range []int{4, 1} {
			loop, again := g.label("rows")
			next, exit := g.label("fewer")
			g.Label(loop)
			g.CMPQ(n, operand.I8(rows))
			g.JL(exit)

			line := []reg.GPVirtual{g.GP64()}
			g.MOVQ(b, line[0])
			for j := 1; j < rows; j++ {
				line = append(line, g.GP64())
				g.LEAQ(operand.Mem{Base: line[j-1], Index: ldb, Scale: 1}, line[j])
			}
			acc, index, left := g.zeros(rows), g.GP64(), g.param("k")
			g.XORQ(index, index)
			g.span(left, index, g.lanes(), []int{1}, func(_ int, mask operand.Op) {
				x := g.load(g.vectorAt(a, index, 0), mask)
				for j := range acc {
					g.fmaAt(g.vectorAt(line[j], index, 0), mask, x, acc[j])
				}
			})
			for j := range acc {
				sum := g.sumLanes(acc[j])
				m := operand.Mem{Base: c, Disp: j * g.size}
				replace, skip := g.label("replace")
				g.TESTB(accumulate, accumulate)
				g.JE(skip)
				g.pick(g.VADDSS, g.VADDSD)(m, sum, sum)
				g.Label(replace)
				g.pick(g.VMOVSS, g.VMOVSD)(sum, m)
			}
			g.MOVQ(line[rows-1], b)
			g.ADDQ(ldb, b)
			g.ADDQ(operand.I8(rows*g.size), c)
			g.SUBQ(operand.I8(rows), n)
			g.JMP(again)
			g.Label(next)
		}
		g.end()
	}, "computes c[j] = Σ_p a[p]·B[j,p], or adds it to c[j], for the n rows of B.")
}
