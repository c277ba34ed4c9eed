package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gen emits functions for elements of one size. Its arithmetic methods pick the
// single or double precision form of an instruction, and the registers of the
// width in hand. As in all Go assembly the destination comes last.
type gen struct {
	*build.Context
	size      int // of an element in bytes, 4 or 8
	width     int // of a register in bytes, avx2 or avx512
	constants map[string]operand.Mem
	labels    int
}

// Widths of registers in bytes. There are 16 registers of the first width, and
// 32 of the second.
const (
	avx2   = 32
	avx512 = 64
)

const wideBody = "avx512" // the label of the body for that width

// newGen returns a generator for a file whose data are in constants.
func newGen(ctx *build.Context, size int, constants map[string]operand.Mem) *gen {
	return &gen{Context: ctx, size: size, constants: constants}
}

// lanes returns the number of elements in a register.
func (g *gen) lanes() int { return g.width / g.size }

// text emits a function, whose body is written for each width. The function
// starts by choosing one. T in the signature stands for the element type.
func (g *gen) text(name, signature string, body func(), doc ...string) {
	name = fmt.Sprintf("%s%d", name, 8*g.size)
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(strings.ReplaceAll(signature, "T", fmt.Sprintf("float%d", 8*g.size)))
	g.Pragma("noescape")
	doc[0] = name + " " + doc[0]
	g.Doc(doc...)
	g.labels = 0
	// Package kernel has the variable, and says so where its value avx512 is.
	g.CMPB(operand.NewDataAddr(operand.Symbol{Name: "·vector"}, 0), operand.I8(2))
	g.JEQ(operand.LabelRef(wideBody))
	g.width = avx2
	body()
	g.Label(wideBody)
	g.width = avx512
	body()
}

// end returns from a function.
func (g *gen) end() {
	g.VZEROUPPER()
	g.RET()
}

// result returns the lowest lane of x from a function.
func (g *gen) result(x reg.VecVirtual) {
	g.pick(g.VMOVSS, g.VMOVSD)(x, address(g.ReturnIndex(0)))
	g.end()
}

// address returns where a floating-point parameter or result is in memory. avo
// would move it with a legacy SSE instruction, and mixing those with AVX costs
// about a hundred nanoseconds.
func address(c gotypes.Component) operand.Mem {
	p, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

// param loads a parameter of pointer or integer type.
func (g *gen) param(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name), r)
	return r
}

// bytes loads an integer parameter that counts elements and converts it to bytes.
func (g *gen) bytes(name string) reg.GPVirtual {
	r := g.param(name)
	g.SHLQ(operand.U8(g.shift()), r)
	return r
}

func (g *gen) shift() int { return map[int]int{4: 2, 8: 3}[g.size] }

// label returns a new name and its reference as a jump target.
func (g *gen) label(name string) (string, operand.LabelRef) {
	g.labels++
	name = fmt.Sprintf("%s%d", name, g.labels)
	return name, operand.LabelRef(name)
}

// span emits loops over n elements, given by count. It calls body to emit code
// for the given numbers of vectors, largest first, and at last for one vector
// of which only the elements in mask exist. Each vector has the given number of
// lanes. It advances index, an offset in bytes, and counts n down to zero.
func (g *gen) span(n, index reg.GPVirtual, lanes int, vectors []int, body func(vectors int, mask operand.Op)) {
	g.spansOfAll(n, index, lanes, vectors, func(v int) { body(v, nil) })
	done, exit := g.label("done")
	g.TESTQ(n, n)
	g.JE(exit)
	body(1, g.mask(n, lanes))
	g.Label(done)
}

// spansOfAll is span without the elements that are left at last.
func (g *gen) spansOfAll(n, index reg.GPVirtual, lanes int, vectors []int, body func(vectors int)) {
	for _, v := range vectors {
		loop, again := g.label("vectors")
		next, exit := g.label("fewer")
		g.Label(loop)
		g.CMPQ(n, operand.I32(v*lanes))
		g.JL(exit)
		body(v)
		g.ADDQ(operand.I32(v*lanes*g.size), index)
		g.SUBQ(operand.I32(v*lanes), n)
		g.JMP(again)
		g.Label(next)
	}
}

// spans is span with a last body of as many vectors as it takes for the elements that
// are left, fewer than in the smallest of the given numbers of vectors. Of the last of
// them only the elements in mask exist.
func (g *gen) spans(n, index reg.GPVirtual, lanes int, vectors []int, body func(vectors int, mask operand.Op)) {
	g.spansOfAll(n, index, lanes, vectors, func(v int) { body(v, nil) })
	done, exit := g.label("done")
	g.TESTQ(n, n)
	g.JE(exit)
	for v := 1; v <= vectors[len(vectors)-1]; v++ {
		more, skip := g.label("more")
		g.CMPQ(n, operand.I32(v*lanes))
		g.JG(skip)
		g.SUBQ(operand.I32((v-1)*lanes), n)
		body(v, g.mask(n, lanes))
		g.JMP(exit)
		g.Label(more)
	}
	g.Label(done)
}

// mask returns the mask of the first n elements. With AVX2 it is a register with
// the given number of lanes, more than n, that are all ones or zero. With AVX-512
// it has a bit for each lane, and n is at most 255.
func (g *gen) mask(n reg.GPVirtual, lanes int) operand.Op {
	if g.width == avx512 {
		ones, mask := g.GP64(), g.K()
		g.MOVQ(operand.I32(-1), ones)
		g.BZHIQ(n, ones, ones)
		g.KMOVW(ones.As32(), mask)
		return mask
	}
	table := g.table("tailmask", func() {
		for i := range 8 {
			word := uint64(math.MaxUint64)
			if i >= 4 {
				word = 0
			}
			g.AddDatum(8*i, operand.U64(word))
		}
	})
	at, skip := g.GP64(), g.GP64()
	g.LEAQ(table.Offset(32), at)
	g.MOVQ(n, skip)
	g.SHLQ(operand.U8(g.shift()), skip)
	g.SUBQ(skip, at)
	mask := g.register()
	if lanes*g.size < g.width {
		mask = g.half()
	}
	g.VMOVUPS(operand.Mem{Base: at}, mask)
	return mask
}

// register returns a new register.
func (g *gen) register() reg.VecVirtual {
	if g.width == avx512 {
		return g.ZMM()
	}
	return g.YMM()
}

// half returns a new register of half the width.
func (g *gen) half() reg.VecVirtual {
	if g.width == avx512 {
		return g.YMM()
	}
	return g.XMM()
}

// table returns read-only data, which fill writes when it is first asked for.
func (g *gen) table(name string, fill func()) operand.Mem {
	name = fmt.Sprintf("%s%d", name, 8*g.size)
	if m, ok := g.constants[name]; ok {
		return m
	}
	m := g.StaticGlobal(name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	fill()
	g.constants[name] = m
	return m
}

// constant returns a vector, as wide as any, with the value v in all lanes.
func (g *gen) constant(name string, v float64) operand.Mem {
	if g.size == 4 {
		return g.bits(name, uint64(math.Float32bits(float32(v))))
	}
	return g.bits(name, math.Float64bits(v))
}

// bits returns a vector with the given bits in all lanes.
func (g *gen) bits(name string, v uint64) operand.Mem {
	return g.table(name, func() {
		if g.size == 4 {
			v |= v << 32
		}
		for at := 0; at < avx512; at += 8 {
			g.AddDatum(at, operand.U64(v))
		}
	})
}

// signBit and absMask are the sign bit, and all other bits, of every lane.
func (g *gen) signBit() operand.Mem { return g.bits("signbit", 1<<(8*g.size-1)) }
func (g *gen) absMask() operand.Mem { return g.bits("absmask", 1<<(8*g.size-1)-1) }

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
