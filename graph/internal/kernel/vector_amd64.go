//go:build !purego

package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// vector chooses the kernels, and the assembly reads it too. It is a variable
// for the tests, which run all levels up to the best.
var vector = best()

// best returns the highest level that the processor and the operating system
// support.
func best() level {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA:
		return portable
	case !x.HasAVX512F || !x.HasAVX512DQ || !x.HasAVX512BW || !x.HasAVX512VL || !x.HasBMI2:
		return avx2
	}
	return avx512
}

// The functions below call the assembly for the element type. Those that return a
// bool report whether they did.

// single and double return the pointers that assembly takes.
func single[T Float](x []T) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(x))) }
func double[T Float](x []T) *float64 { return (*float64)(unsafe.Pointer(unsafe.SliceData(x))) }

func singles[T Float](x [][]T) *[]float32 { return (*[]float32)(unsafe.Pointer(unsafe.SliceData(x))) }
func doubles[T Float](x [][]T) *[]float64 { return (*[]float64)(unsafe.Pointer(unsafe.SliceData(x))) }

func vectorActivate[T Float](act Activation, dst, x []T) bool {
	if vector == portable {
		return false
	}
	if sizeof[T]() == 4 {
		d, s, n := single(dst), single(x), len(dst)
		switch act {
		case Tanh:
			tanh32(d, s, n)
		case Sigmoid:
			sigmoid32(d, s, n)
		case Softplus:
			softplus32(d, s, n)
		case ReLU:
			relu32(d, s, n)
		case Exp:
			exp32(d, s, n)
		default:
			return false
		}
		return true
	}
	d, s, n := double(dst), double(x), len(dst)
	switch act {
	case Tanh:
		tanh64(d, s, n)
	case Sigmoid:
		sigmoid64(d, s, n)
	case Softplus:
		softplus64(d, s, n)
	case ReLU:
		relu64(d, s, n)
	case Exp:
		exp64(d, s, n)
	default:
		return false
	}
	return true
}

func vectorActivateGrad[T Float](act Activation, dst, y, dy []T) bool {
	if vector == portable {
		return false
	}
	if sizeof[T]() == 4 {
		d, a, b, n := single(dst), single(y), single(dy), len(dst)
		switch act {
		case Tanh:
			tanhGrad32(d, a, b, n)
		case Sigmoid:
			sigmoidGrad32(d, a, b, n)
		case Softplus:
			softplusGrad32(d, a, b, n)
		case ReLU:
			reluGrad32(d, a, b, n)
		case Exp:
			mul32(d, a, b, n)
		default:
			return false
		}
		return true
	}
	d, a, b, n := double(dst), double(y), double(dy), len(dst)
	switch act {
	case Tanh:
		tanhGrad64(d, a, b, n)
	case Sigmoid:
		sigmoidGrad64(d, a, b, n)
	case Softplus:
		softplusGrad64(d, a, b, n)
	case ReLU:
		reluGrad64(d, a, b, n)
	case Exp:
		mul64(d, a, b, n)
	default:
		return false
	}
	return true
}

func vectorLinComb[T Float](dst, c []T, x [][]T, lo, hi int, accumulate bool) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		linComb32(single(dst), single(c), singles(x), len(x), lo, hi, accumulate)
	default:
		linComb64(double(dst), double(c), doubles(x), len(x), lo, hi, accumulate)
	}
	return true
}

func vectorNoiseComb[T Float](dst, c []T, x, noise, b [][]T, lo, hi int, accumulate bool) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		noiseComb32(single(dst), single(c), singles(x), len(x), singles(noise), singles(b), len(noise), lo, hi, accumulate)
	default:
		noiseComb64(double(dst), double(c), doubles(x), len(x), doubles(noise), doubles(b), len(noise), lo, hi, accumulate)
	}
	return true
}

func vectorScaledComb[T Float](dst, scale, c []T, x [][]T, d []T, y [][]T, lo, hi int, accumulate bool) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		scaledComb32(single(dst), single(scale), single(c), singles(x), len(x), single(d), singles(y), len(y), lo, hi, accumulate)
	default:
		scaledComb64(double(dst), double(scale), double(c), doubles(x), len(x), double(d), doubles(y), len(y), lo, hi, accumulate)
	}
	return true
}

func vectorAddTimes[T Float](c, times, wt, b []T, ldc int) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		addTimes32(single(c), single(times), single(wt), single(b), len(times), len(wt), ldc)
	default:
		addTimes64(double(c), double(times), double(wt), double(b), len(times), len(wt), ldc)
	}
	return true
}

func vectorMul[T Float](dst, x, y []T) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		mul32(single(dst), single(x), single(y), len(dst))
	default:
		mul64(double(dst), double(x), double(y), len(dst))
	}
	return true
}

func vectorCube[T Float](dst, x []T) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		cube32(single(dst), single(x), len(dst))
	default:
		cube64(double(dst), double(x), len(dst))
	}
	return true
}

func vectorCubeGrad[T Float](dst, x, dy []T) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		cubeGrad32(single(dst), single(x), single(dy), len(dst))
	default:
		cubeGrad64(double(dst), double(x), double(dy), len(dst))
	}
	return true
}

func vectorGate[T Float](dst, u, x, y []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gate32(single(dst), single(x), single(y), single(u), s.k, s.count, s.rows)
	default:
		gate64(double(dst), double(x), double(y), double(u), s.k, s.count, s.rows)
	}
	return true
}

func vectorGateMul[T Float](dst, u, x []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gateMul32(single(dst), single(x), single(u), s.k, s.count, s.rows)
	default:
		gateMul64(double(dst), double(x), double(u), s.k, s.count, s.rows)
	}
	return true
}

func vectorGateComplement[T Float](dst, u, x []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gateComplement32(single(dst), single(x), single(u), s.k, s.count, s.rows)
	default:
		gateComplement64(double(dst), double(x), double(u), s.k, s.count, s.rows)
	}
	return true
}

func vectorGateDot[T Float](du, x, y []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gateDot32(single(x), single(y), single(du), s.k, s.count, s.rows)
	default:
		gateDot64(double(x), double(y), double(du), s.k, s.count, s.rows)
	}
	return true
}

func vectorGateDotDiff[T Float](du, x, y, z []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gateDotDiff32(single(x), single(y), single(z), single(du), s.k, s.count, s.rows)
	default:
		gateDotDiff64(double(x), double(y), double(z), double(du), s.k, s.count, s.rows)
	}
	return true
}

func vectorMaskedDiff[T Float](dst, x, y, mask []T) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		maskedDiff32(single(dst), single(x), single(y), single(mask), len(dst))
	default:
		maskedDiff64(double(dst), double(x), double(y), double(mask), len(dst))
	}
	return true
}

func vectorSumSq[T Float](x []T) (float64, bool) {
	switch {
	case vector == portable:
		return 0, false
	case sizeof[T]() == 4:
		return sumSq32(single(x), len(x)), true
	}
	return sumSq64(double(x), len(x)), true
}

func vectorDiffSumSq[T Float](x, y []T) (float64, bool) {
	switch {
	case vector == portable:
		return 0, false
	case sizeof[T]() == 4:
		return diffSumSq32(single(x), single(y), len(x)), true
	}
	return diffSumSq64(double(x), double(y), len(x)), true
}

func vectorFinite[T Float](x []T) (all, ok bool) {
	switch {
	case vector == portable:
		return false, false
	case sizeof[T]() == 4:
		return finiteSum32(single(x), len(x)) == 0, true
	}
	return finiteSum64(double(x), len(x)) == 0, true
}

func (e *scaledError[T]) vectorSumSq(lo, hi int) (float64, bool) {
	c, terms := unsafe.SliceData(e.c), len(e.k)
	switch {
	case vector == portable:
		return 0, false
	case sizeof[T]() == 4:
		return errorSumSq32(single(e.z), single(e.z1), c, singles(e.k), terms, lo, hi, e.atol, e.rtol), true
	}
	return errorSumSq64(double(e.z), double(e.z1), c, doubles(e.k), terms, lo, hi, e.atol, e.rtol), true
}

func (e *scaledError[T]) vectorGrad(dst []T, lo, hi int, scale float64) bool {
	c, terms := unsafe.SliceData(e.c), len(e.k)
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		errorGrad32(single(dst), single(e.z), single(e.z1), c, singles(e.k), terms, lo, hi, e.atol, e.rtol, scale)
	default:
		errorGrad64(double(dst), double(e.z), double(e.z1), c, doubles(e.k), terms, lo, hi, e.atol, e.rtol, scale)
	}
	return true
}

func (e *scaledError[T]) vectorRatios(dst []float64, lo, hi int, twice bool) bool {
	d, c, terms := unsafe.SliceData(dst), unsafe.SliceData(e.c), len(e.k)
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		errorRatio32(d, single(e.z), single(e.z1), c, singles(e.k), terms, lo, hi, e.atol, e.rtol, twice)
	default:
		errorRatio64(d, double(e.z), double(e.z1), c, doubles(e.k), terms, lo, hi, e.atol, e.rtol, twice)
	}
	return true
}

func vectorRowCombine[T Float](rows, n, k int, a []T, ars, acs int, b []T, ldb int, accumulate bool, c []T, ldc int) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		rowCombine32(rows, n, k, single(a), ars, acs, single(b), ldb, accumulate, single(c), ldc)
	default:
		rowCombine64(rows, n, k, double(a), ars, acs, double(b), ldb, accumulate, double(c), ldc)
	}
	return true
}

// vectorRowDot needs the row of A to be contiguous.
func vectorRowDot[T Float](n, k int, a []T, acs int, b []T, ldb int, accumulate bool, c []T) bool {
	switch {
	case vector == portable || acs != 1:
		return false
	case sizeof[T]() == 4:
		rowDot32(n, k, single(a), single(b), ldb, accumulate, single(c))
	default:
		rowDot64(n, k, double(a), double(b), ldb, accumulate, double(c))
	}
	return true
}

// vectorCombine starts from a row that comes first, if there is one.
func (p *SmallProduct[T]) vectorCombine(ars, acs int, first []T) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		combineRows32(p.M, p.N, p.K, single(p.A), ars, acs, single(p.B), single(first), p.Accumulate, single(p.C))
	default:
		combineRows64(p.M, p.N, p.K, double(p.A), ars, acs, double(p.B), double(first), p.Accumulate, double(p.C))
	}
	return true
}

// vectorPack copies the given number of lines, of as many elements as a tile is
// high or wide, for each depth. They lie side by side in src, where depths are
// along apart, and apart in dst, where depths lie side by side.
func vectorPack[T Float](dst, src []T, apart, width, lines, along, depth int) bool {
	if vector == portable || depth == 0 {
		return false
	}
	_, _ = dst[(lines-1)*apart+depth*width-1], src[(depth-1)*along+lines*width-1]
	switch mr, _ := tileSize[T](); {
	case sizeof[T]() == 4 && width == mr:
		packHeight32(single(dst), single(src), apart, lines, along, depth)
	case sizeof[T]() == 4:
		packWidth32(single(dst), single(src), apart, lines, along, depth)
	case width == mr:
		packHeight64(double(dst), double(src), apart, lines, along, depth)
	default:
		packWidth64(double(dst), double(src), apart, lines, along, depth)
	}
	return true
}

// vectorTiles computes tiles or, if those have all columns, their left halves.
// With AVX2 it writes all of them to C, with AVX-512 the given rows and columns.
func vectorTiles[T Float](panels, count, k int, a []T, ars, acs, down int, b []T, brs, next int, first []T, accumulate bool, c []T, ldc, rows, cols int) {
	_, nr := tileSize[T]()
	switch half := cols <= nr/2; {
	case sizeof[T]() == 4 && half:
		halfTiles32(panels, count, k, single(a), ars, acs, down, single(b), brs, next, single(first), single(c), ldc, rows, cols, accumulate)
	case sizeof[T]() == 4:
		tiles32(panels, count, k, single(a), ars, acs, down, single(b), brs, next, single(first), single(c), ldc, rows, cols, accumulate)
	case half:
		halfTiles64(panels, count, k, double(a), ars, acs, down, double(b), brs, next, double(first), double(c), ldc, rows, cols, accumulate)
	default:
		tiles64(panels, count, k, double(a), ars, acs, down, double(b), brs, next, double(first), double(c), ldc, rows, cols, accumulate)
	}
}

// vectorShallow computes C = init + A·B + first, or adds it to C, for a depth of
// narrowMax at most. With dot the products of an element are summed as in rowDot.
func vectorShallow[T Float](dot bool, rows, n, k int, a []T, ars, acs int, b []T, ldb int, init []T, ldi int, first []T, accumulate bool, c []T, ldc int) {
	switch {
	case sizeof[T]() == 4 && dot:
		shallowDot32(rows, n, k, single(a), ars, acs, single(b), ldb, single(init), ldi, single(first), accumulate, single(c), ldc)
	case sizeof[T]() == 4:
		shallow32(rows, n, k, single(a), ars, acs, single(b), ldb, single(init), ldi, single(first), accumulate, single(c), ldc)
	case dot:
		shallowDot64(rows, n, k, double(a), ars, acs, double(b), ldb, double(init), ldi, double(first), accumulate, double(c), ldc)
	default:
		shallow64(rows, n, k, double(a), ars, acs, double(b), ldb, double(init), ldi, double(first), accumulate, double(c), ldc)
	}
}

// vectorSlender computes C = A·B + first, or adds it to C, for at most narrowMax columns
// and whole groups of rows.
func vectorSlender[T Float](transA bool, rows, n, k int, a []T, lda int, b []T, brs, bcs int, first []T, accumulate bool, c []T, ldc int) {
	switch {
	case sizeof[T]() == 4 && transA:
		slenderTransA32(rows, n, k, single(a), lda, single(b), brs, bcs, single(first), accumulate, single(c), ldc)
	case sizeof[T]() == 4:
		slender32(rows, n, k, single(a), lda, single(b), brs, bcs, single(first), accumulate, single(c), ldc)
	case transA:
		slenderTransA64(rows, n, k, double(a), lda, double(b), brs, bcs, double(first), accumulate, double(c), ldc)
	default:
		slender64(rows, n, k, double(a), lda, double(b), brs, bcs, double(first), accumulate, double(c), ldc)
	}
}
