package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packLines emits the copy of lines that spreads a matrix over panels.
func (g *gen) packLines(name string, bytes func() int) {
	g.text(name, "func(dst, src *T, apart, lines, along, depth int)", func() {
		line := bytes()
		dst, src, apart := g.param("dst"), g.param("src"), g.bytes("apart")
		along, depth := g.bytes("along"), g.param("depth")
		nextDepth, againDepth := g.label("depth")
		g.Label(nextDepth)
		d, s, lines := g.GP64(), g.GP64(), g.param("lines")
		g.MOVQ(dst, d)
		g.MOVQ(src, s)
		next, again := g.label("line")
		g.Label(next)
		for at := 0; at < line; {
			from, to := operand.Mem{Base: s, Disp: at}, operand.Mem{Base: d, Disp: at}
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
		g.ADDQ(operand.I32(line), s)
		g.ADDQ(apart, d)
		g.DECQ(lines)
		g.JNE(again)
		g.ADDQ(operand.I32(line), dst)
		g.ADDQ(along, src)
		g.DECQ(depth)
		g.JNE(againDepth)
		g.end()
	}, "copies lines, each as long as a tile is "+map[string]string{"packHeight": "high", "packWidth": "wide"}[name]+", for each depth.",
		"They lie side by side in src, where depths are along apart, and are to be apart",
		"in dst, where the depths of a line lie side by side.")
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
