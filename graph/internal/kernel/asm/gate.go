package main

import "github.com/mmcloughlin/avo/reg"

// gates emits what the gates of recurrent cells and masked losses need.
func gates(g *gen) {
	g.gated("gate", "computes dst = u·x + (1-u)·y", []string{"x", "y"}, func(u reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
		x, y := in[0], in[1]
		g.fms(u, y, y) // exactly 0 with u = 1
		g.fma(u, x, y)
		return y
	})
	g.gated("gateMul", "computes dst = u·x", []string{"x"}, func(u reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
		g.mul(u, in[0], in[0])
		return in[0]
	})
	g.gated("gateComplement", "computes dst = (1-u)·x", []string{"x"}, func(u reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
		x := in[0]
		g.fms(u, x, x)
		return x
	})
	g.gateSum("gateDot", "computes dst = Σ x·y", []string{"x", "y"}, func(sum reg.VecVirtual, in []reg.VecVirtual) {
		g.fma(in[0], in[1], sum)
	})
	g.gateSum("gateDotDiff", "computes dst = Σ (x-y)·z", []string{"x", "y", "z"}, func(sum reg.VecVirtual, in []reg.VecVirtual) {
		x, y, z := in[0], in[1], in[2]
		g.sub(y, x, x)
		g.fma(x, z, sum)
	})
	g.elementwise("maskedDiff", "computes dst = x-y where the mask is above 0, and 0 elsewhere.", []string{"x", "y", "mask"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		x, y, mask, zero := in[0], in[1], in[2], g.zero()
		g.sub(y, x, x)
		g.choose(g.compare(greaterThan, zero, mask), x, zero, x)
		return x
	})
}
