package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// slenders emits matrix products of at most four columns, in which a tile would be
// padding for the most part. Sums are formed in the order of tiles, so that they are
// the same bits.
func slenders(g *gen) {
	g.slender("slender", false, "of which A has its rows, lda apart,")
	g.slender("slenderTransA", true, "of which A has its columns, lda apart,")
}

// group is the number of rows of C that share a register, which has 32 bytes on
// all levels: wider ones take longer to transpose.
func (g *gen) group() int { return 32 / g.size }

// quad is the number of elements in 16 bytes.
func (g *gen) quad() int { return 16 / g.size }

// slender emits a product of at most four columns. Registers hold one of these for
// several rows.
func (g *gen) slender(name string, transA bool, doc string) {
	g.text(name, "func(rows, n, k int, a *T, lda int, b *T, brs, bcs int, first *T, accumulate bool, c *T, ldc int)", func() {
		sets := 1
		if g.width == avx2 { // as in halfTiles: every other column of A is summed apart
			sets = 2
		}
		g.eachOf("n", func(n int) {
			for _, groups := range g.rowGroups(n, transA) {
				count := groups * g.group()
				next, again := g.label("rows")
				fewer, exit := g.label("fewer")
				g.Label(next)
				g.CMPQ(address(g.Param("rows")), operand.I8(count))
				g.JL(exit)
				f := &columnSums{gen: g, n: n, groups: groups, sets: sets, acc: g.narrowZeros(sets * groups * n)}
				if transA {
					f.columns()
				} else {
					f.rows()
				}
				for i := groups * n; i < len(f.acc); i++ {
					g.add(f.acc[i], f.acc[i-groups*n], f.acc[i-groups*n])
				}
				f.addFirst()
				f.store()
				g.SUBQ(operand.I8(count), address(g.Param("rows")))
				g.JMP(again)
				g.Label(fewer)
			}
			g.end()
		})
	}, "computes C = A·B + first, or adds it to C with accumulate,",
		doc+" and B, of n ≤ 4 columns, distances brs and bcs between",
		"rows and columns. first may be nil. rows is a multiple of those in 32 bytes, and k is",
		"at least four. Each sum is formed in the order of tiles.")
}

// rowGroups returns the numbers of groups of rows that are computed at a time,
// largest first: enough to hide the latency of the multiply-add, as far as there are
// registers.
func (g *gen) rowGroups(n int, transA bool) []int {
	switch {
	case g.width == avx512 && transA:
		return []int{4, 2, 1}
	case g.width == avx512:
		return []int{3, 1}
	case transA && n <= 2:
		return []int{2, 1}
	}
	return []int{1}
}

// columnSums are the columns of some rows of C, in registers.
type columnSums struct {
	*gen
	n, groups, sets int
	acc             []reg.VecVirtual // by set, group and column
}

// narrowZeros returns n registers of 32 bytes with zeros.
func (g *gen) narrowZeros(n int) []reg.VecVirtual {
	x := make([]reg.VecVirtual, n)
	for i := range x {
		x[i] = g.YMM()
		g.VXORPS(x[i], x[i], x[i])
	}
	return x
}

// right returns a function that adds the products of a column of A, whose groups
// are given, with the next row of B to a set.
func (f *columnSums) right() func(a []reg.VecVirtual, set int) {
	b, brs, bcs := f.param("b"), f.bytes("brs"), f.bytes("bcs")
	at := []operand.Mem{{Base: b}, {Base: b, Index: bcs, Scale: 1}, {Base: b, Index: bcs, Scale: 2}}
	if f.n > 3 {
		three := f.GP64()
		f.LEAQ(operand.Mem{Base: bcs, Index: bcs, Scale: 2}, three)
		at = append(at, operand.Mem{Base: b, Index: three, Scale: 1})
	}
	return func(a []reg.VecVirtual, set int) {
		for j := range f.n {
			bj := f.YMM()
			f.broadcast(at[j], bj)
			for i := range a {
				f.fma(a[i], bj, f.acc[(set*f.groups+i)*f.n+j])
			}
		}
		f.ADDQ(brs, b)
	}
}

// columns adds up the products where A is stored by columns.
func (f *columnSums) columns() {
	a, lda, k := f.param("a"), f.bytes("lda"), f.param("k")
	multiply := f.right()
	for _, unroll := range []int{4, 1} {
		loop, again := f.label("depth")
		next, exit := f.label("less")
		f.SUBQ(operand.I8(unroll), k)
		f.JL(exit)
		f.Label(loop)
		for p := range unroll {
			column := make([]reg.VecVirtual, f.groups)
			for i := range column {
				column[i] = f.YMM()
				f.mov(operand.Mem{Base: a, Disp: 32 * i}, column[i])
			}
			multiply(column, p%f.sets)
			f.ADDQ(lda, a)
		}
		f.SUBQ(operand.I8(unroll), k)
		f.JGE(again)
		f.Label(next)
		f.ADDQ(operand.I8(unroll), k)
	}
	f.ADDQ(operand.I32(32*f.groups), address(f.Param("a")))
}

// addFirst adds the first terms, if there are any.
func (f *columnSums) addFirst() {
	bare, skip := f.label("bare")
	first := f.param("first")
	f.TESTQ(first, first)
	f.JE(skip)
	for j := range f.n {
		x := f.YMM()
		f.broadcast(operand.Mem{Base: first, Disp: j * f.size}, x)
		for i := range f.groups {
			f.add(x, f.acc[i*f.n+j], f.acc[i*f.n+j])
		}
	}
	f.Label(bare)
}
