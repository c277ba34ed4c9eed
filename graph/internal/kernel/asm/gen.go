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
