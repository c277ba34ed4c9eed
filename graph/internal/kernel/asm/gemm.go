package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemm emits the inner loops of the matrix product.
func gemm(g *gen) {
	g.tile("tile", tileVectors, "computes the 6 rows and 64 bytes of columns C = A·B, or adds them to C.")
	g.tile("halfTile", 1, "computes the left half of what tile does.")
	g.rowCombine()
	g.rowDot()
	g.packLines("packHeight", tileRows*g.size)
	g.packLines("packWidth", tileVectors*32)
}

const (
	tileRows    = 6 // of C in registers
	tileVectors = 2 // in a row
)

// tile emits the product of six rows of A with the given number of vectors of
// each row of a packed panel of B. Two vectors make twelve accumulators, which
// hide the latency of the multiply-add.
func (g *gen) tile(name string, vectors int, doc string) {
	g.text(name, "func(k int, a *T, ars, acs int, b, c *T, ldc int, accumulate bool)",
		doc, "A has distances ars between rows and acs between columns; B is packed.")
	k, b, c, ldc := g.param("k"), g.param("b"), g.param("c"), g.bytes("ldc")
	upper, ars, acs := g.param("a"), g.bytes("ars"), g.bytes("acs")
	lower := g.GP64() // rows 3 to 5 of A
	g.LEAQ(operand.Mem{Base: ars, Index: ars, Scale: 2}, lower)
	g.ADDQ(upper, lower)
	row := func(i int) operand.Mem {
		m := operand.Mem{Base: upper}
		if i >= 3 {
			m.Base = lower
		}
		if i%3 > 0 {
			m.Index, m.Scale = ars, uint8(i%3)
		}
		return m
	}

	// C is needed at the end only, but comes from farther than A and B.
	ahead := g.GP64()
	g.MOVQ(c, ahead)
	for i := range tileRows {
		g.PREFETCHT0(operand.Mem{Base: ahead})
		g.PREFETCHT0(operand.Mem{Base: ahead, Disp: 63})
		if i < tileRows-1 {
			g.ADDQ(ldc, ahead)
		}
	}

	acc := g.zeros(tileRows * vectors)
	step := func(p int) {
		bp := make([]reg.VecVirtual, vectors)
		for v := range bp {
			bp[v] = g.fresh(operand.Mem{Base: b, Disp: 64*p + 32*v})
		}
		for i := range tileRows {
			ai := g.YMM()
			g.broadcast(row(i), ai)
			for v := range bp {
				g.fma(ai, bp[v], acc[vectors*i+v])
			}
		}
		g.ADDQ(acs, upper)
		g.ADDQ(acs, lower)
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
		g.ADDQ(operand.I32(64*unroll), b)
		g.SUBQ(operand.I8(unroll), k)
		g.JGE(again)
		g.Label(next)
		g.ADDQ(operand.I8(unroll), k)
	}

	replace, skip := g.label("replace")
	accumulate := g.GP8()
	g.Load(g.Param("accumulate"), accumulate)
	g.TESTB(accumulate, accumulate)
	g.JE(skip)
	g.MOVQ(c, ahead)
	for i := range tileRows {
		for v := range vectors {
			g.add(operand.Mem{Base: ahead, Disp: 32 * v}, acc[vectors*i+v], acc[vectors*i+v])
		}
		g.ADDQ(ldc, ahead)
	}
	g.Label(replace)
	for i := range tileRows {
		for v := range vectors {
			g.mov(acc[vectors*i+v], operand.Mem{Base: c, Disp: 32 * v})
		}
		g.ADDQ(ldc, c)
	}
	g.end()
}

func (g *gen) rowCombine() {
	g.text("rowCombine", "func(n, k int, a *T, acs int, b *T, ldb int, accumulate bool, c *T)",
		"computes c = Σ_p a[p·acs]·B[p,:], or adds it to c, for the n",
		"elements of c. B lies as it is, with distance ldb between rows.")
	n, a, acs := g.param("n"), g.param("a"), g.bytes("acs")
	b, ldb, c, index := g.param("b"), g.bytes("ldb"), g.param("c"), g.GP64()
	g.XORQ(index, index)
	g.span(n, index, g.lanes, []int{8, 2, 1}, func(vectors int, mask reg.VecVirtual) {
		at := func(base reg.Register, v int) operand.Mem {
			return operand.Mem{Base: base, Index: index, Scale: 1, Disp: 32 * v}
		}
		acc := g.zeros(vectors)
		replace, skip := g.label("replace")
		accumulate := g.GP8()
		g.Load(g.Param("accumulate"), accumulate)
		g.TESTB(accumulate, accumulate)
		g.JE(skip)
		for v := range acc {
			if mask == nil {
				g.mov(at(c, v), acc[v])
			} else {
				g.pick(g.VMASKMOVPS, g.VMASKMOVPD)(at(c, v), mask, acc[v])
			}
		}
		g.Label(replace)
		ap, bp, left := g.GP64(), g.GP64(), g.param("k")
		g.MOVQ(a, ap)
		g.MOVQ(b, bp)
		loop, again := g.label("depth")
		g.Label(loop)
		factor := g.YMM()
		g.broadcast(operand.Mem{Base: ap}, factor)
		for v := range acc {
			if mask == nil {
				g.fma(at(bp, v), factor, acc[v])
			} else {
				g.fma(g.load(at(bp, v), mask), factor, acc[v])
			}
		}
		g.ADDQ(acs, ap)
		g.ADDQ(ldb, bp)
		g.DECQ(left)
		g.JNE(again)
		for v := range acc {
			g.store(acc[v], at(c, v), mask)
		}
	})
	g.end()
}

func (g *gen) rowDot() {
	g.text("rowDot", "func(n, k int, a, b *T, ldb int, accumulate bool, c *T)",
		"computes c[j] = Σ_p a[p]·B[j,p], or adds it to c[j], for the n rows of B.")
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
		g.span(left, index, g.lanes, []int{1}, func(_ int, mask reg.VecVirtual) {
			x := g.load(operand.Mem{Base: a, Index: index, Scale: 1}, mask)
			for j := range acc {
				m := operand.Mem{Base: line[j], Index: index, Scale: 1}
				if mask == nil {
					g.fma(m, x, acc[j])
				} else {
					g.fma(g.load(m, mask), x, acc[j])
				}
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
}

// packLines emits the copy of a panel whose lines have the given number of
// bytes.
func (g *gen) packLines(name string, line int) {
	g.text(name, "func(dst, src *T, along, depth int)",
		fmt.Sprintf("copies depth lines of %d elements, along apart in src, to dst.", line/g.size))
	dst, src, along, depth := g.param("dst"), g.param("src"), g.bytes("along"), g.param("depth")
	loop, again := g.label("depth")
	g.Label(loop)
	// The next panel needs what lies to the right.
	g.PREFETCHT0(operand.Mem{Base: src, Disp: line + 64})
	for at := 0; at < line; {
		from, to := operand.Mem{Base: src, Disp: at}, operand.Mem{Base: dst, Disp: at}
		switch left := line - at; {
		case left >= 32:
			x := g.YMM()
			g.VMOVUPS(from, x)
			g.VMOVUPS(x, to)
			at += 32
		case left >= 16:
			x := g.XMM()
			g.VMOVUPS(from, x)
			g.VMOVUPS(x, to)
			at += 16
		default:
			x := g.GP64()
			g.MOVQ(from, x)
			g.MOVQ(x, to)
			at += 8
		}
	}
	g.ADDQ(along, src)
	g.ADDQ(operand.I32(line), dst)
	g.DECQ(depth)
	g.JNE(again)
	g.end()
}
