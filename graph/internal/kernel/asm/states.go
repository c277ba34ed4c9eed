package main

import (
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gated emits a function of a gate u and of inputs whose rows hold several states
// side by side, on each of which the gate acts.
func (g *gen) gated(name, doc string, inputs []string, body func(u reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual) {
	states := append([]string{"dst"}, inputs...)
	g.states(name, doc+" for the states side by side in each row.", append(states, "u"), func(p *statePointers, mask operand.Op) {
		u := g.load(g.vectorAt(p.one, p.index, 0), mask)
		p.loop(func(at reg.GPVirtual) {
			y := body(u, g.loadAll(p.each[1:], at, mask))
			g.store(y, g.vectorAt(p.each[0], at, 0), mask)
		})
	})
}

// gateSum emits a sum over the states side by side in each row of the inputs.
func (g *gen) gateSum(name, doc string, inputs []string, body func(sum reg.VecVirtual, in []reg.VecVirtual)) {
	g.states(name, doc+" over the states side by side in each row.", append(inputs, "dst"), func(p *statePointers, mask operand.Op) {
		sum := g.zero()
		p.loop(func(at reg.GPVirtual) { body(sum, g.loadAll(p.each, at, mask)) })
		g.store(sum, g.vectorAt(p.one, p.index, 0), mask)
	})
}

// loadAll returns registers with the vectors at an offset.
func (g *gen) loadAll(base []reg.GPVirtual, at reg.GPVirtual, mask operand.Op) []reg.VecVirtual {
	x := make([]reg.VecVirtual, len(base))
	for i := range x {
		x[i] = g.load(g.vectorAt(base[i], at, 0), mask)
	}
	return x
}

// statePointers are at a row of some matrices.
type statePointers struct {
	each  []reg.GPVirtual // matrices with several states in a row
	one   reg.GPVirtual   // the one with as many columns as a state
	index reg.GPVirtual   // offset of a vector in a state
	// loop emits code for that vector of each state, at whose offset it is.
	loop func(body func(at reg.GPVirtual))
}

// states emits a function of the named matrices, the last of which has k columns and
// the others several times as many. It calls body to emit code for the vector at
// an index of the k.
func (g *gen) states(name, doc string, matrices []string, body func(p *statePointers, mask operand.Op)) {
	g.text(name, "func("+strings.Join(matrices, ", ")+" *T, k, states, rows int)", func() {
		p := new(statePointers)
		for _, m := range matrices {
			p.each = append(p.each, g.param(m))
		}
		p.one, p.each = p.each[len(matrices)-1], p.each[:len(matrices)-1]
		length, row := g.bytes("k"), g.param("states")
		g.IMULQ(length, row)
		p.loop = func(body func(at reg.GPVirtual)) {
			at, left := g.GP64(), g.param("states")
			g.MOVQ(p.index, at)
			next, again := g.label("state")
			g.Label(next)
			body(at)
			g.ADDQ(length, at)
			g.DECQ(left)
			g.JNE(again)
		}

		nextRow, againRow := g.label("row")
		g.Label(nextRow)
		p.index = g.GP64()
		g.XORQ(p.index, p.index)
		left := g.param("k")
		next, again := g.label("vector")
		fewer, exit := g.label("fewer")
		g.Label(next)
		g.CMPQ(left, operand.I8(g.lanes()))
		g.JL(exit)
		body(p, nil)
		g.ADDQ(operand.I8(g.width), p.index)
		g.SUBQ(operand.I8(g.lanes()), left)
		g.JMP(again)
		g.Label(fewer)
		done, end := g.label("done")
		g.TESTQ(left, left)
		g.JE(end)
		if g.width == avx2 { // masked stores are slow: some elements twice, where there are enough
			short, few := g.label("short")
			g.CMPQ(length, operand.I8(g.width))
			g.JL(few)
			g.MOVQ(length, p.index)
			g.SUBQ(operand.I8(g.width), p.index)
			body(p, nil)
			g.JMP(end)
			g.Label(short)
		}
		body(p, g.mask(left, g.lanes()))
		g.Label(done)
		for _, m := range p.each {
			g.ADDQ(row, m)
		}
		g.ADDQ(length, p.one)
		g.DECQ(address(g.Param("rows")))
		g.JNE(againRow)
		g.end()
	}, doc, "Results do not overlap operands.")
}
