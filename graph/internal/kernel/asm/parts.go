package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const narrowMax = 4 // columns or depth of a narrow product

// eachOf emits code for each value from one to narrowMax of a parameter.
func (g *gen) eachOf(param string, body func(value int)) {
	x := address(g.Param(param))
	for value := 1; value <= narrowMax; value++ {
		other, skip := g.label("other")
		g.CMPQ(x, operand.I8(value))
		g.JNE(skip)
		body(value)
		g.Label(other)
	}
	g.end()
}

// vectorOf returns a new register for a number of bytes, of 16 bytes at least.
func (g *gen) vectorOf(bytes int) reg.VecVirtual {
	switch bytes {
	case 64:
		return g.ZMM()
	case 32:
		return g.YMM()
	}
	return g.XMM()
}

// loadPart returns a register with 4, 8, 12 or 16 bytes, followed by zeros, or with 32
// or 64.
func (g *gen) loadPart(m operand.Mem, bytes int) reg.VecVirtual {
	x := g.vectorOf(bytes)
	g.loadPartTo(m, bytes, x)
	return x
}

func (g *gen) loadPartTo(m operand.Mem, bytes int, x reg.VecVirtual) {
	switch bytes {
	case 4:
		g.VMOVSS(m, x)
	case 8:
		g.VMOVSD(m, x)
	case 12:
		g.VMOVSD(m, x)
		m.Disp += 8
		g.VINSERTPS(operand.U8(2<<4), m, x, x)
	default:
		g.mov(m, x)
	}
}

// storePart writes the first bytes of x, as many as loadPart reads.
func (g *gen) storePart(x reg.Register, m operand.Mem, bytes int) {
	switch bytes {
	case 4:
		g.VMOVSS(x, m)
	case 8:
		g.VMOVSD(x, m)
	case 12:
		g.VMOVSD(x, m)
		m.Disp += 8
		g.VEXTRACTPS(operand.U8(2), x, m)
	default:
		g.mov(x, m)
	}
}
