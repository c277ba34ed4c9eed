package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows adds up the products where A is stored by rows, of which four columns at a
// time are transposed in registers.
func (f *columnSums) rows() {
	lda, three, k := f.bytes("lda"), f.GP64(), f.param("k")
	f.LEAQ(operand.Mem{Base: lda, Index: lda, Scale: 2}, three)
	fours := make([]reg.GPVirtual, f.groups*f.group()/4) // pointers to every fourth row
	for i := range fours {
		fours[i] = f.GP64()
		if i == 0 {
			f.MOVQ(address(f.Param("a")), fours[0])
		} else {
			f.LEAQ(operand.Mem{Base: fours[i-1], Index: lda, Scale: 4}, fours[i])
		}
	}
	row := func(i, disp int) operand.Mem {
		m := operand.Mem{Base: fours[i/4], Disp: disp}
		switch i % 4 {
		case 1, 2:
			m.Index, m.Scale = lda, uint8(i%4)
		case 3:
			m.Index, m.Scale = three, 1
		}
		return m
	}
	q := f.quad()
	// load returns four columns of each group.
	load := func() [][]reg.VecVirtual {
		columns := make([][]reg.VecVirtual, 4)
		for i := range f.groups {
			for at := 0; at < 4; at += q {
				x := make([]reg.VecVirtual, q)
				for l := range x {
					first := i*f.group() + l
					x[l] = f.halves(row(first, at*f.size), row(first+q, at*f.size))
				}
				for p, column := range f.transpose(x) {
					columns[at+p] = append(columns[at+p], column)
				}
			}
		}
		return columns
	}
	multiply := f.right()
	loop, again := f.label("depth")
	next, exit := f.label("less")
	f.SUBQ(operand.I8(4), k)
	f.JL(exit)
	f.Label(loop)
	for p, column := range load() {
		multiply(column, p%f.sets)
	}
	for _, base := range fours {
		f.ADDQ(operand.I8(4*f.size), base)
	}
	f.SUBQ(operand.I8(4), k)
	f.JGE(again)
	f.Label(next)

	// The columns that are left, k+4 by now, are the last ones of the last four.
	done, exit := f.label("done")
	f.CMPQ(k, operand.I8(-4))
	f.JE(exit)
	for _, base := range fours {
		f.LEAQ(operand.Mem{Base: base, Index: k, Scale: uint8(f.size)}, base)
	}
	last := load()
	for p := 1; p < 4; p++ {
		fewer, skip := f.label("fewer")
		f.CMPQ(k, operand.I8(-p))
		f.JL(skip)
		multiply(last[p], 0)
		f.Label(fewer)
	}
	f.Label(done)
	f.IMUL3Q(operand.I8(f.groups*f.group()), lda, lda)
	f.ADDQ(lda, address(f.Param("a")))
}

// halves returns a register with twice 16 bytes.
func (g *gen) halves(low, high operand.Mem) reg.VecVirtual {
	x := g.YMM()
	if g.width == avx512 {
		g.VBROADCASTF32X4(low, x)
		g.VINSERTF32X4(operand.U8(1), high, x, x)
	} else {
		g.VBROADCASTF128(low, x)
		g.VINSERTF128(operand.U8(1), high, x, x)
	}
	return x
}

// transpose returns the columns of as many rows as elements in 16 bytes, in each half
// of the registers.
func (g *gen) transpose(x []reg.VecVirtual) []reg.VecVirtual {
	y := make([]reg.VecVirtual, len(x))
	for i := range y {
		y[i] = g.YMM()
	}
	if g.size == 8 {
		g.VUNPCKLPD(x[1], x[0], y[0])
		g.VUNPCKHPD(x[1], x[0], y[1])
		return y
	}
	t := make([]reg.VecVirtual, 4)
	for i := range t {
		t[i] = g.YMM()
	}
	g.VUNPCKLPS(x[1], x[0], t[0])
	g.VUNPCKHPS(x[1], x[0], t[1])
	g.VUNPCKLPS(x[3], x[2], t[2])
	g.VUNPCKHPS(x[3], x[2], t[3])
	for i := range 2 {
		g.VUNPCKLPD(t[i+2], t[i], y[2*i])
		g.VUNPCKHPD(t[i+2], t[i], y[2*i+1])
	}
	return y
}

// store writes the sums to C, or adds them, row by row, and goes on to the rows
// below.
func (f *columnSums) store() {
	ldc, c, accumulate := f.bytes("ldc"), f.param("c"), f.GP8()
	f.Load(f.Param("accumulate"), accumulate)
	for i := range f.groups {
		rows := f.partsOfRows(f.acc[i*f.n : (i+1)*f.n])
		replace, skip := f.label("replace")
		f.TESTB(accumulate, accumulate)
		f.JE(skip)
		at := f.GP64()
		f.MOVQ(c, at)
		for _, row := range rows {
			for j, x := range row {
				m, bytes := f.partOfRow(at, j)
				f.add(f.loadPart(m, bytes), x, x)
			}
			f.ADDQ(ldc, at)
		}
		f.Label(replace)
		for _, row := range rows {
			for j, x := range row {
				m, bytes := f.partOfRow(c, j)
				f.storePart(x, m, bytes)
			}
			f.ADDQ(ldc, c)
		}
	}
	f.MOVQ(c, address(f.Param("c")))
}

// partsOfRows returns the rows of a group, whose columns are given, in registers of 16
// bytes.
func (f *columnSums) partsOfRows(columns []reg.VecVirtual) [][]reg.Register {
	q := f.quad()
	rows := make([][]reg.Register, f.group())
	for j := 0; j < f.n; j += q {
		x := make([]reg.VecVirtual, q)
		for l := range x {
			x[l] = columns[min(j+l, f.n-1)]
		}
		for l, low := range f.transpose(x) {
			high := f.XMM()
			if f.width == avx512 {
				f.VEXTRACTF32X4(operand.U8(1), low, high)
			} else {
				f.VEXTRACTF128(operand.U8(1), low, high)
			}
			rows[l] = append(rows[l], low.AsX())
			rows[l+q] = append(rows[l+q], high)
		}
	}
	return rows
}

// partOfRow returns the memory of the j-th 16 bytes of a row of C, and how many there
// are.
func (f *columnSums) partOfRow(c reg.GPVirtual, j int) (m operand.Mem, bytes int) {
	return operand.Mem{Base: c, Disp: 16 * j}, min(16, f.n*f.size-16*j)
}
