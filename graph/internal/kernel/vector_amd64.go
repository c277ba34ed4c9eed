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

// Functions whose names begin with vector, here and in the files beside, call the
// assembly for the element type. Those that return a bool report whether they did.

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
