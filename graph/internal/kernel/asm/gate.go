package main

import "github.com/mmcloughlin/avo/reg"

// gates emits what the gates of recurrent cells and masked losses need.
func gates(g *gen) {
	g.elementwise("gate", "computes dst = u·x + (1-u)·y.", []string{"u", "x", "y"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		u, x, y := in[0], in[1], in[2]
		g.fms(u, y, y) // exactly 0 with u = 1
		g.fma(u, x, y)
		return y
	})
	g.elementwise("complement", "computes dst = (1-u)·x.", []string{"u", "x"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		u, x := in[0], in[1]
		g.fms(u, x, x)
		return x
	})
	g.elementwise("addMul", "computes dst = sum + x·y.", []string{"sum", "x", "y"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		g.fma(in[1], in[2], in[0])
		return in[0]
	})
	g.elementwise("addMulDiff", "computes dst = sum + z·(x-y).", []string{"sum", "x", "y", "z"}, 3, func(in []reg.VecVirtual) reg.VecVirtual {
		sum, x, y, z := in[0], in[1], in[2], in[3]
		g.sub(y, x, x)
		g.fma(z, x, sum)
		return sum
	})
	g.elementwise("maskedDiff", "computes dst = x-y where the mask is above 0, and 0 elsewhere.", []string{"x", "y", "mask"}, 4, func(in []reg.VecVirtual) reg.VecVirtual {
		x, y, mask, zero := in[0], in[1], in[2], g.zero()
		g.sub(y, x, x)
		g.choose(g.compare(greaterThan, zero, mask), x, zero, x)
		return x
	})
}
