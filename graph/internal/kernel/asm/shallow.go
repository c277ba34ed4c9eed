package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// shallows emits matrix products of depth four at most, for which tiles would be read
// and written without much in between.
func shallows(g *gen) {
	g.shallow("shallow", false, "computes C = init + A·B + first, or adds it to C with accumulate, for k ≤ 4.",
		"B has rows ldb apart, and A distances ars and acs between rows and columns. init",
		"has rows ldi apart; init and first, a row that is added to all, may be nil. Sums from",
		"init on have the order of rowCombine, and the others that of tiles.")
	g.shallow("shallowDot", true, "is shallow with the products of an element summed as rowDot does.")
}

// shallow emits a product of depth four at most. Registers hold some columns of B while
// the rows of C pass by.
func (g *gen) shallow(name string, dot bool, doc ...string) {
	g.text(name, "func(rows, n, k int, a *T, ars, acs int, b *T, ldb int, init *T, ldi int, first *T, accumulate bool, c *T, ldc int)", func() {
		g.eachOf("k", func(k int) {
			n, index := g.param("n"), g.GP64()
			g.XORQ(index, index)
			for _, block := range g.shallowBlocks(dot) {
				count := block[0] * block[1] / g.size
				next, again := g.label("columns")
				fewer, exit := g.label("fewer")
				g.Label(next)
				g.CMPQ(n, operand.I8(count))
				g.JL(exit)
				g.shallowColumns(k, block[0], block[1], index, dot)
				g.ADDQ(operand.I32(block[0]*block[1]), index)
				g.SUBQ(operand.I8(count), n)
				g.JMP(again)
				g.Label(fewer)
			}
			g.end()
		})
	}, doc...)
}

// shallowBlocks returns the numbers of vectors, and of bytes in each, that are computed
// at a time, largest first.
func (g *gen) shallowBlocks(dot bool) [][2]int {
	blocks := [][2]int{{1, 32}, {1, 16}, {1, 8}, {1, 4}}
	if g.size == 8 {
		blocks = blocks[:3]
	}
	switch {
	case dot:
		return blocks
	case g.width == avx512:
		return append([][2]int{{3, 64}, {1, 64}}, blocks...)
	}
	return append([][2]int{{2, 32}}, blocks...)
}

// shallowColumns emits the product for the columns in some vectors.
func (g *gen) shallowColumns(k, vectors, bytes int, index reg.GPVirtual, dot bool) {
	b, ldb := g.param("b"), g.bytes("ldb")
	g.ADDQ(index, b)
	right := make([][]reg.VecVirtual, k)
	for p := range right {
		for v := range vectors {
			right[p] = append(right[p], g.loadPart(operand.Mem{Base: b, Disp: v * bytes}, bytes))
		}
		g.ADDQ(ldb, b)
	}
	a, ars, acs, ldi, ldc, left := g.param("a"), g.bytes("ars"), g.bytes("acs"), g.bytes("ldi"), g.bytes("ldc"), g.param("rows")
	at := []operand.Mem{{Base: a}, {Base: a, Index: acs, Scale: 1}, {Base: a, Index: acs, Scale: 2}}
	if k > 3 {
		three := g.GP64()
		g.LEAQ(operand.Mem{Base: acs, Index: acs, Scale: 2}, three)
		at = append(at, operand.Mem{Base: a, Index: three, Scale: 1})
	}
	init, first, c := g.param("init"), g.param("first"), g.param("c")
	for _, x := range []reg.GPVirtual{init, first} {
		none, skip := g.label("none")
		g.TESTQ(x, x)
		g.JE(skip)
		g.ADDQ(index, x)
		g.Label(none)
	}
	g.ADDQ(index, c)

	zeros := func() []reg.VecVirtual {
		x := make([]reg.VecVirtual, vectors)
		for v := range x {
			x[v] = g.vectorOf(bytes)
			g.VXORPS(x[v], x[v], x[v])
		}
		return x
	}
	// plus adds vectors in memory to the sums.
	plus := func(base reg.GPVirtual, sum []reg.VecVirtual) {
		for v := range sum {
			m := operand.Mem{Base: base, Disp: v * bytes}
			if bytes < 16 {
				g.add(g.loadPart(m, bytes), sum[v], sum[v])
			} else {
				g.add(m, sum[v], sum[v])
			}
		}
	}
	loop, again := g.label("row")
	g.Label(loop)
	sum := zeros()
	none, skip := g.label("none")
	g.TESTQ(init, init)
	g.JE(skip)
	for v := range sum {
		g.loadPartTo(operand.Mem{Base: init, Disp: v * bytes}, bytes, sum[v])
	}
	g.ADDQ(ldi, init)
	g.Label(none)
	sums := [][]reg.VecVirtual{sum}
	for p := range k {
		if dot && p > 0 {
			sums = append(sums, zeros())
		}
		factor := g.vectorOf(bytes)
		if g.size == 8 && bytes < 32 {
			g.VMOVDDUP(at[p], factor)
		} else {
			g.broadcast(at[p], factor)
		}
		for v := range vectors {
			g.fma(factor, right[p][v], sums[len(sums)-1][v])
		}
	}
	for _, apart := range []int{2, 1} { // the order of sumLanes
		for p := 0; p < apart && p+apart < len(sums); p++ {
			for v := range vectors {
				g.add(sums[p+apart][v], sums[p][v], sums[p][v])
			}
		}
	}
	bare, skip := g.label("bare")
	g.TESTQ(first, first)
	g.JE(skip)
	plus(first, sum)
	g.Label(bare)
	replace, skip := g.label("replace")
	g.CMPB(address(g.Param("accumulate")), operand.I8(0))
	g.JE(skip)
	plus(c, sum)
	g.Label(replace)
	for v := range sum {
		g.storePart(sum[v], operand.Mem{Base: c, Disp: v * bytes}, bytes)
	}
	g.ADDQ(ars, a)
	g.ADDQ(ldc, c)
	g.DECQ(left)
	g.JNE(again)
}
