package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// load reads the elements in mask, or a whole register if mask is nil. The other
// elements are zero, and their memory is not touched.
func (g *gen) load(m operand.Mem, mask operand.Op) reg.VecVirtual {
	x := g.register()
	g.loadTo(m, mask, x)
	return x
}

// loadTo is load into x, a register of any width.
func (g *gen) loadTo(m operand.Mem, mask operand.Op, x reg.Register) {
	switch {
	case mask == nil:
		g.mov(m, x)
	case g.width == avx512:
		g.pick(g.VMOVUPS_Z, g.VMOVUPD_Z)(m, mask, x)
	default:
		g.pick(g.VMASKMOVPS, g.VMASKMOVPD)(m, mask, x)
	}
}

// fmaAt computes d += a·b with a in memory, for the elements in mask or, if mask
// is nil, all.
func (g *gen) fmaAt(a operand.Mem, mask, b, d operand.Op) {
	if mask == nil {
		g.fma(a, b, d)
	} else {
		g.fma(g.load(a, mask), b, d)
	}
}

// vectorAt returns the memory of the v-th vector from an offset in bytes.
func (g *gen) vectorAt(base, index reg.Register, v int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: 1, Disp: g.width * v}
}

// store writes the elements in mask, or the whole register x, of any width, if
// mask is nil.
func (g *gen) store(x reg.Register, m operand.Mem, mask operand.Op) {
	switch {
	case mask == nil:
		g.mov(x, m)
	case g.width == avx512:
		g.pick(g.VMOVUPS, g.VMOVUPD)(x, mask, m)
	default:
		g.pick(g.VMASKMOVPS, g.VMASKMOVPD)(x, mask, m)
	}
}

// keep sets the elements of x that are not in mask to zero.
func (g *gen) keep(mask operand.Op, x reg.Register) {
	if g.width == avx512 {
		g.pick(g.VMOVUPS_Z, g.VMOVUPD_Z)(x, mask, x)
	} else {
		g.and(mask, x, x)
	}
}

// fresh returns a register that holds a copy of src.
func (g *gen) fresh(src operand.Op) reg.VecVirtual {
	x := g.register()
	g.mov(src, x)
	return x
}

// zero returns a register of zeros.
func (g *gen) zero() reg.VecVirtual {
	x := g.register()
	g.VXORPS(x, x, x)
	return x
}

type instruction func(...operand.Op)

// pick returns the form of an instruction for the element type.
func (g *gen) pick(single, double any) instruction {
	chosen := single
	if g.size == 8 {
		chosen = double
	}
	switch f := chosen.(type) {
	case func(...operand.Op):
		return f
	case func(a, b operand.Op):
		return func(o ...operand.Op) { f(o[0], o[1]) }
	case func(a, b, c operand.Op):
		return func(o ...operand.Op) { f(o[0], o[1], o[2]) }
	case func(a, b, c, d operand.Op):
		return func(o ...operand.Op) { f(o[0], o[1], o[2], o[3]) }
	}
	panic(fmt.Sprintf("instruction of type %T", chosen))
}

func (g *gen) mov(a, d operand.Op)       { g.pick(g.VMOVUPS, g.VMOVUPD)(a, d) }
func (g *gen) add(a, b, d operand.Op)    { g.pick(g.VADDPS, g.VADDPD)(a, b, d) }
func (g *gen) mul(a, b, d operand.Op)    { g.pick(g.VMULPS, g.VMULPD)(a, b, d) }
func (g *gen) and(a, b, d operand.Op)    { g.pick(g.VANDPS, g.VANDPD)(a, b, d) }
func (g *gen) or(a, b, d operand.Op)     { g.pick(g.VORPS, g.VORPD)(a, b, d) }
func (g *gen) broadcast(a, d operand.Op) { g.pick(g.VBROADCASTSS, g.VBROADCASTSD)(a, d) }

// sub computes d = b - a.
func (g *gen) sub(a, b, d operand.Op) { g.pick(g.VSUBPS, g.VSUBPD)(a, b, d) }

// div computes d = b / a.
func (g *gen) div(a, b, d operand.Op) { g.pick(g.VDIVPS, g.VDIVPD)(a, b, d) }

// min and max return a where either is NaN.
func (g *gen) min(a, b, d operand.Op) { g.pick(g.VMINPS, g.VMINPD)(a, b, d) }
func (g *gen) max(a, b, d operand.Op) { g.pick(g.VMAXPS, g.VMAXPD)(a, b, d) }

// fma computes d += a·b.
func (g *gen) fma(a, b, d operand.Op) { g.pick(g.VFMADD231PS, g.VFMADD231PD)(a, b, d) }

// fmaBroadcast is fma with the element a of memory in all lanes, of AVX-512.
func (g *gen) fmaBroadcast(a operand.Mem, b, d operand.Op) {
	g.pick(g.VFMADD231PS_BCST, g.VFMADD231PD_BCST)(a, b, d)
}

// fms computes d -= a·b.
func (g *gen) fms(a, b, d operand.Op) { g.pick(g.VFNMADD231PS, g.VFNMADD231PD)(a, b, d) }

// mulAdd computes d = d·b + a.
func (g *gen) mulAdd(a, b, d operand.Op) { g.pick(g.VFMADD213PS, g.VFMADD213PD)(a, b, d) }

// compare returns the condition that the predicate holds of b and a.
func (g *gen) compare(predicate uint8, a, b operand.Op) operand.Op {
	var condition reg.Register = g.register()
	if g.width == avx512 {
		condition = g.K()
	}
	g.pick(g.VCMPPS, g.VCMPPD)(operand.U8(predicate), a, b, condition)
	return condition
}

// Predicates of compare.
const (
	unordered   = 0x03 // one is NaN; does not signal
	greaterThan = 0x1e // b > a; does not signal
)

// negative returns the condition that the sign bit of x is set.
func (g *gen) negative(x reg.Register) operand.Op {
	if g.width != avx512 {
		return x
	}
	condition := g.K()
	g.pick(g.VPMOVD2M, g.VPMOVQ2M)(x, condition)
	return condition
}

// choose sets the lanes of d to those of a where the condition holds, and to
// those of b elsewhere.
func (g *gen) choose(condition operand.Op, a, b, d operand.Op) {
	if g.width == avx512 {
		g.pick(g.VBLENDMPS, g.VBLENDMPD)(a, b, condition, d)
	} else {
		g.pick(g.VBLENDVPS, g.VBLENDVPD)(condition, a, b, d)
	}
}

// sumLanes returns the sum of the lanes of x in the lowest lane.
func (g *gen) sumLanes(x reg.VecVirtual) reg.VecVirtual {
	if g.width == avx512 {
		upper := g.YMM()
		g.VEXTRACTF64X4(operand.U8(1), x, upper)
		g.add(upper, x.AsY(), upper)
		x = upper
	}
	high, low := g.XMM(), x.AsX()
	g.VEXTRACTF128(operand.U8(1), x.AsY(), high)
	g.add(high, low, high)
	g.VSHUFPD(operand.U8(1), high, high, low)
	g.add(high, low, high)
	if g.size == 4 {
		g.VMOVSHDUP(high, low)
		g.add(high, low, high)
	}
	return high
}

// reduce adds the accumulators pairwise into the first.
func (g *gen) reduce(acc []reg.VecVirtual) reg.VecVirtual {
	for n := len(acc); n > 1; n /= 2 {
		for i := range n / 2 {
			g.add(acc[i], acc[i+n/2], acc[i])
		}
	}
	return acc[0]
}

// zeros returns n registers of zeros.
func (g *gen) zeros(n int) []reg.VecVirtual {
	x := make([]reg.VecVirtual, n)
	for i := range x {
		x[i] = g.zero()
	}
	return x
}
