package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const tileVectors = 2 // in a row of a tile

// tileRows returns the height of a tile. All but a few registers hold its rows.
func (g *gen) tileRows() int { return map[int]int{avx2: 6, avx512: 12}[g.width] }

// tile is a block of C that is kept in registers: some rows of as many vectors each,
// of so many bytes.
type tile struct{ rows, vectors, bytes int }

// tiles emits products of some rows of A with the given number of vectors of each
// row of a panel of B. There are enough accumulators, twelve or more, to hide the
// latency of the multiply-add. With AVX-512 a third of the rows, and half a vector, have
// tiles of their own.
func (g *gen) tiles(name string, vectors int, doc string) {
	g.text(name, "func(panels, count, k int, a *T, ars, acs, down int, b *T, brs, next int, first, c *T, ldc, rows, cols int, accumulate bool)", func() {
		whole := tile{g.tileRows(), vectors, g.width}
		if g.width == avx2 {
			g.tile(whole)
			return
		}
		short := tile{whole.rows / 3, vectors, g.width}
		few, toFew := g.label("few")
		g.CMPQ(address(g.Param("rows")), operand.I8(short.rows))
		g.JLE(toFew)
		g.tileByColumns(whole)
		g.Label(few)
		g.tileByColumns(short)
	}, doc, "A tile has six rows of 64 bytes or, with AVX-512, the given rows and columns, at",
		"most twelve rows of 128 bytes. If first is not nil it is added to every row. A has",
		"distances ars between rows, acs between columns and down between tiles, B brs between",
		"rows and next between panels. Rows of A and columns of B are read as a whole tile has",
		"them, with AVX-512 four or twelve rows and 32, 64 or 128 bytes.")
}

// tileByColumns emits a tile and, if it has a single vector, one for columns of which
// half a vector is enough.
func (g *gen) tileByColumns(t tile) {
	if t.vectors > 1 {
		g.tile(t)
		return
	}
	narrow, toNarrow := g.label("narrow")
	g.CMPQ(address(g.Param("cols")), operand.I8(g.lanes()/2))
	g.JLE(toNarrow)
	g.tile(t)
	g.Label(narrow)
	g.tile(tile{t.rows, 1, t.bytes / 2})
}

// tile emits the loops over tiles of one shape.
func (g *gen) tile(t tile) {
	rows, vectors, line := t.rows, t.vectors, tileVectors*g.width
	register := g.register
	if t.bytes < g.width {
		register = g.half
	}
	left, at := g.AllocLocal(8), g.AllocLocal(8) // tiles of the panel, and where A is
	panel, nextPanel := g.label("panel")
	g.Label(panel)
	g.MOVQ(g.param("count"), left)
	g.MOVQ(g.param("a"), at)
	c, ldc := g.param("c"), g.bytes("ldc")
	tile, nextTile := g.label("tile")
	g.Label(tile)
	k, b, brs := g.param("k"), g.param("b"), g.bytes("brs")
	a, advance := g.rowsOfA(at, rows)

	// C is needed at the end only, but comes from farther than A and B.
	ahead := g.GP64()
	g.MOVQ(c, ahead)
	for i := range rows {
		for at := 0; at < vectors*t.bytes; at += 64 {
			g.PREFETCHT0(operand.Mem{Base: ahead, Disp: at})
		}
		g.PREFETCHT0(operand.Mem{Base: ahead, Disp: vectors*t.bytes - 1})
		if i < rows-1 {
			g.ADDQ(ldc, ahead)
		}
	}

	size, sets := rows*vectors, 1
	if g.width == avx2 && size < 12 { // as many again, for every other column of A
		sets = 2
	}
	acc := make([]reg.VecVirtual, sets*size)
	for i := range acc {
		acc[i] = register()
		g.VXORPS(acc[i], acc[i], acc[i])
	}
	step := func(p int) {
		bp := make([]reg.VecVirtual, vectors)
		for v := range bp {
			bp[v] = register()
			g.mov(operand.Mem{Base: b, Disp: t.bytes * v}, bp[v])
		}
		for i := range rows {
			if g.width == avx512 && vectors == 1 {
				g.fmaBroadcast(a[i], bp[0], acc[i])
				continue
			}
			ai := register()
			g.broadcast(a[i], ai)
			for v := range bp {
				g.fma(ai, bp[v], acc[p%sets*size+vectors*i+v])
			}
		}
		advance()
		g.ADDQ(brs, b)
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
		g.SUBQ(operand.I8(unroll), k)
		g.JGE(again)
		g.Label(next)
		g.ADDQ(operand.I8(unroll), k)
	}

	for i := size; i < len(acc); i++ {
		g.add(acc[i], acc[i-size], acc[i-size])
	}
	bare, skip := g.label("bare")
	first := g.param("first")
	g.TESTQ(first, first)
	g.JE(skip)
	for v := range vectors {
		f := register()
		g.mov(operand.Mem{Base: first, Disp: t.bytes * v}, f)
		for i := range rows {
			g.add(f, acc[vectors*i+v], acc[vectors*i+v])
		}
	}
	g.Label(bare)
	masks := g.columns(t)
	replace, skip := g.label("replace")
	accumulate := g.GP8()
	g.Load(g.Param("accumulate"), accumulate)
	g.TESTB(accumulate, accumulate)
	g.JE(skip)
	g.MOVQ(c, ahead)
	g.rowsOfC(rows, ahead, ldc, func(i int) {
		for v, mask := range masks {
			sum, m := acc[vectors*i+v], operand.Mem{Base: ahead, Disp: t.bytes * v}
			if mask == nil {
				g.add(m, sum, sum)
			} else {
				old := register()
				g.loadTo(m, mask, old)
				g.add(old, sum, sum)
			}
		}
	})
	g.Label(replace)
	g.rowsOfC(rows, c, ldc, func(i int) {
		for v, mask := range masks {
			g.store(acc[vectors*i+v], operand.Mem{Base: c, Disp: t.bytes * v}, mask)
		}
	})
	g.ADDQ(ldc, c)
	g.ADDQ(g.bytes("down"), at)
	g.DECQ(left)
	g.JNE(nextTile)

	// The arguments say where the next panel is.
	g.ADDQ(operand.I32(line), address(g.Param("c")))
	g.ADDQ(g.bytes("next"), address(g.Param("b")))
	done, skip := g.label("done")
	first = g.param("first")
	g.TESTQ(first, first)
	g.JE(skip)
	g.ADDQ(operand.I32(line), address(g.Param("first")))
	g.Label(done)
	g.DECQ(address(g.Param("panels")))
	g.JNE(nextPanel)
	g.end()
}

// columns returns the masks of the columns of C, all nil with AVX2. There is a
// column in the last vector.
func (g *gen) columns(t tile) []operand.Op {
	masks := make([]operand.Op, t.vectors)
	if g.width == avx512 {
		cols := g.param("cols")
		for v := range masks {
			masks[v] = g.mask(cols, t.bytes/g.size)
			g.SUBQ(operand.I8(t.bytes/g.size), cols)
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

// rowsOfA returns the memory of the elements of the rows of A in one column, from the
// address on that is kept in at, and a function that advances to the next column.
// Six rows share a pointer.
func (g *gen) rowsOfA(at operand.Mem, rows int) (a []operand.Mem, advance func()) {
	ars, acs, three, five := g.bytes("ars"), g.bytes("acs"), g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: ars, Index: ars, Scale: 2}, three)
	g.LEAQ(operand.Mem{Base: ars, Index: ars, Scale: 4}, five)
	bases := []reg.GPVirtual{g.GP64()}
	g.MOVQ(at, bases[0])
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
	return a[:rows], func() {
		for _, base := range bases {
			g.ADDQ(acs, base)
		}
	}
}
