package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemm emits the inner loops of the matrix product.
func gemm(g *gen) {
	g.tile("tile", tileVectors, "computes C = A·B for a tile of C, or adds it to C.")
	g.tile("halfTile", 1, "computes the left half of what tile does.")
	g.rowCombine()
	g.rowDot()
	g.packLines("packHeight", func() int { return g.tileRows() * g.size })
	g.packLines("packWidth", func() int { return tileVectors * g.width })
}

const tileVectors = 2 // in a row of a tile

// tileRows returns the height of a tile. All but a few registers hold its rows.
func (g *gen) tileRows() int { return map[int]int{avx2: 6, avx512: 12}[g.width] }

// tile emits the product of some rows of A with the given number of vectors of
// each row of a packed panel of B. There are enough accumulators, twelve or
// more, to hide the latency of the multiply-add.
func (g *gen) tile(name string, vectors int, doc string) {
	g.text(name, "func(k int, a *T, ars, acs int, b, c *T, ldc, rows, cols int, accumulate bool)", func() {
		rows, line := g.tileRows(), tileVectors*g.width
		k, b, c, ldc := g.param("k"), g.param("b"), g.param("c"), g.bytes("ldc")
		a, advance := g.rowsOfA(rows)

		// C is needed at the end only, but comes from farther than A and B.
		ahead := g.GP64()
		g.MOVQ(c, ahead)
		for i := range rows {
			for at := 0; at < line; at += 64 {
				g.PREFETCHT0(operand.Mem{Base: ahead, Disp: at})
			}
			g.PREFETCHT0(operand.Mem{Base: ahead, Disp: line - 1})
			if i < rows-1 {
				g.ADDQ(ldc, ahead)
			}
		}

		acc := g.zeros(rows * vectors)
		step := func(p int) {
			bp := make([]reg.VecVirtual, vectors)
			for v := range bp {
				bp[v] = g.fresh(operand.Mem{Base: b, Disp: line*p + g.width*v})
			}
			for i := range rows {
				ai := g.register()
				g.broadcast(a[i], ai)
				for v := range bp {
					g.fma(ai, bp[v], acc[vectors*i+v])
				}
			}
			advance()
		}
		for _, unroll := range []int{4, 1} {
			loop, again := g.label("depth")
			next, exit := g.label("less")
			g.SUBQ(operand.I8(unroll), k)
			g.JL(exit)
			g.Label(loop)
			for p := range unroll {
				step(p)
			}
			g.ADDQ(operand.I32(line*unroll), b)
			g.SUBQ(operand.I8(unroll), k)
			g.JGE(again)
			g.Label(next)
			g.ADDQ(operand.I8(unroll), k)
		}

		masks := g.columns(vectors)
		replace, skip := g.label("replace")
		accumulate := g.GP8()
		g.Load(g.Param("accumulate"), accumulate)
		g.TESTB(accumulate, accumulate)
		g.JE(skip)
		g.MOVQ(c, ahead)
		g.rowsOfC(rows, ahead, ldc, func(i int) {
			for v, mask := range masks {
				sum, m := acc[vectors*i+v], operand.Mem{Base: ahead, Disp: g.width * v}
				if mask == nil {
					g.add(m, sum, sum)
				} else {
					g.add(g.load(m, mask), sum, sum)
				}
			}
		})
		g.Label(replace)
		g.rowsOfC(rows, c, ldc, func(i int) {
			for v, mask := range masks {
				g.store(acc[vectors*i+v], operand.Mem{Base: c, Disp: g.width * v}, mask)
			}
		})
		g.end()
	}, doc, "It has six rows of 64 bytes or, with AVX-512, the given rows and columns, at most",
		"twelve rows of 128 bytes. A has distances ars between rows and acs between columns;",
		"B is packed.")
}

// columns returns the masks of the columns of C, all nil with AVX2. There is a
// column in the last vector.
func (g *gen) columns(vectors int) []operand.Op {
	masks := make([]operand.Op, vectors)
	if g.width == avx512 {
		cols := g.param("cols")
		for v := range masks {
			masks[v] = g.mask(cols, g.lanes())
			g.SUBQ(operand.I8(g.lanes()), cols)
		}
	}
	return masks
}

// rowsOfC emits code for the rows of C, with c advancing from one to the next.
// With AVX-512 it leaves out rows that do not exist.
func (g *gen) rowsOfC(rows int, c, ldc reg.GPVirtual, body func(i int)) {
	var left reg.GPVirtual
	if g.width == avx512 {
		left = g.param("rows")
	}
	done, exit := g.label("done")
	for i := range rows {
		body(i)
		if i == rows-1 {
			break
		}
		if g.width == avx512 {
			g.DECQ(left)
			g.JE(exit)
		}
		g.ADDQ(ldc, c)
	}
	g.Label(done)
}

// rowsOfA returns the memory of the elements of the rows of A in one column, and
// a function that advances to the next column. Six rows share a pointer.
func (g *gen) rowsOfA(rows int) (a []operand.Mem, advance func()) {
	ars, acs, three, five := g.bytes("ars"), g.bytes("acs"), g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: ars, Index: ars, Scale: 2}, three)
	g.LEAQ(operand.Mem{Base: ars, Index: ars, Scale: 4}, five)
	bases := []reg.GPVirtual{g.param("a")}
	if rows == 12 {
		second := g.GP64()
		g.LEAQ(operand.Mem{Base: bases[0], Index: three, Scale: 2}, second)
		bases = append(bases, second)
	}
	for _, base := range bases {
		a = append(a,
			operand.Mem{Base: base},
			operand.Mem{Base: base, Index: ars, Scale: 1},
			operand.Mem{Base: base, Index: ars, Scale: 2},
			operand.Mem{Base: base, Index: three, Scale: 1},
			operand.Mem{Base: base, Index: ars, Scale: 4},
			operand.Mem{Base: base, Index: five, Scale: 1})
	}
	return a, func() {
		for _, base := range bases {
			g.ADDQ(acs, base)
		}
	}
}

func (g *gen) rowCombine() {
	g.text("rowCombine", "func(n, k int, a *T, acs int, b *T, ldb int, accumulate bool, c *T)", func() {
		n, a, acs := g.param("n"), g.param("a"), g.bytes("acs")
		b, ldb, c, index := g.param("b"), g.bytes("ldb"), g.param("c"), g.GP64()
		g.XORQ(index, index)
		g.span(n, index, g.lanes(), []int{8, 2, 1}, func(vectors int, mask operand.Op) {
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
			ap, bp, left := g.GP64(), g.GP64(), g.param("k")
			g.MOVQ(a, ap)
			g.MOVQ(b, bp)
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
		})
		g.end()
	}, "computes c = Σ_p a[p·acs]·B[p,:], or adds it to c, for the n",
		"elements of c. B lies as it is, with distance ldb between rows.")
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

// packLines emits the copy of a panel whose lines have the given number of
// bytes.
func (g *gen) packLines(name string, bytes func() int) {
	g.text(name, "func(dst, src *T, along, depth int)", func() {
		line := bytes()
		dst, src, along, depth := g.param("dst"), g.param("src"), g.bytes("along"), g.param("depth")
		loop, again := g.label("depth")
		g.Label(loop)
		// The next panel needs what lies to the right.
		for at := 64; at <= line; at += 64 {
			g.PREFETCHT0(operand.Mem{Base: src, Disp: line + at})
		}
		for at := 0; at < line; {
			from, to := operand.Mem{Base: src, Disp: at}, operand.Mem{Base: dst, Disp: at}
			x, bytes := g.part(line - at)
			if bytes == 8 {
				g.MOVQ(from, x)
				g.MOVQ(x, to)
			} else {
				g.VMOVUPS(from, x)
				g.VMOVUPS(x, to)
			}
			at += bytes
		}
		g.ADDQ(along, src)
		g.ADDQ(operand.I32(line), dst)
		g.DECQ(depth)
		g.JNE(again)
		g.end()
	}, "copies depth lines, each as long as a tile is "+map[string]string{"packHeight": "high", "packWidth": "wide"}[name]+",",
		"from src, where they are along apart, to dst.")
}

// part returns the widest register that holds at most the given number of
// bytes, a multiple of eight, and its width.
func (g *gen) part(bytes int) (reg.Register, int) {
	switch {
	case bytes >= 64 && g.width == avx512:
		return g.ZMM(), 64
	case bytes >= 32:
		return g.YMM(), 32
	case bytes >= 16:
		return g.XMM(), 16
	}
	return g.GP64(), 8
}
