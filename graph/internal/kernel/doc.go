// Package kernel holds the numeric loops under the fused graph operations:
// matrix products, activations, linear combinations and the norms of error
// control. It knows nothing of graphs or tensors; everything is a slice of
// float32 or float64, and matrices are dense and row-major.
//
// Read [Gemm] first. It packs op(B) into panels (pack.go) and lets a small
// register tile (tile.go) sweep over C, as in Goto and van de Geijn, "Anatomy
// of high-performance matrix multiplication", ACM TOMS 34(3), 2008. Products of few
// multiply-adds do without packing (gemm.go), and those that are narrow in one
// dimension, as the layers of small dynamics are, keep the narrow factor in registers
// (narrow.go). [Affine] is the same product with the bias and the activation of a
// dense layer folded in, and [BLAS] is the same product behind gonum's interface. The
// vector kernels all follow one pattern: a function for one block, and a sweep
// (sweep.go) that hands the blocks of a long vector to the workers of parallel.go.
//
// Every kernel has a portable Go version. On amd64 an assembly version for
// AVX-512, or else for AVX2 and FMA, is chosen when the program starts if the
// machine has them (level.go); both are generated from one description by the
// programs in the folder asm. The build tag purego leaves them out.
//
// # Guarantees
//
// Results are the same bits for any GOMAXPROCS: work is cut at fixed
// boundaries and partial sums are combined in a fixed order. Results of portable
// Go, AVX2 and AVX-512 differ by rounding only. The bits of a row depend on the number
// of rows, but not in an exact [RowProduct]. NaN and infinities propagate as in
// IEEE arithmetic; no product with a zero is skipped.
//
// Small inputs run on the calling goroutine with no lock and no allocation.
// Large ones reuse pooled buffers.
//
// # Preconditions
//
// Operands of one call have equal lengths unless stated otherwise. Where there
// is a destination its length counts, and longer operands are cut to it. Slices
// that are too short panic, since the graph operations check shapes beforehand.
// A destination may be one of the operands where that is stated, but must not
// overlap one partially.
package kernel

import "unsafe"

// Float is the element type of every kernel.
type Float interface{ float32 | float64 }

// sizeof returns the size of one element in bytes, 4 or 8.
func sizeof[T Float]() int { return int(unsafe.Sizeof(T(0))) }
