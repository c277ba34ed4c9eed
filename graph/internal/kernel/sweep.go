package kernel

import "sync"

// blockLen is the number of elements in a block of a vector. It fixes where
// sums are cut as well as where work is split. A block costs a few
// microseconds, which is what it takes to wake a worker.
const blockLen = 8192

// operation names what a sweep does to each block.
type operation uint8

const (
	opActivate operation = iota
	opActivateGrad
	opLinComb
	opCube
	opCubeGrad
	opColSum
	opErrorSumSq
	opErrorGrad
	opDiffSumSq
	opSumSq
)

// A sweep is one pass of an operation over long vectors. Sweeps are pooled:
// they exist so that the operands of a parallel loop reach the workers without
// an allocation. Which fields are in use depends on op.
type sweep[T Float] struct {
	op         operation
	act        Activation
	accumulate bool
	rows       int

	dst, x, y []T
	c         []T
	terms     [][]T
	err       scaledError[T]
	scale     float64

	partial []float64 // sum of each block
}

var sweeps32, sweeps64 sync.Pool

func sweepPool[T Float]() *sync.Pool {
	if sizeof[T]() == 4 {
		return &sweeps32
	}
	return &sweeps64
}

func newSweep[T Float](op operation) *sweep[T] {
	s, ok := sweepPool[T]().Get().(*sweep[T])
	if !ok {
		s = new(sweep[T])
	}
	s.op = op
	return s
}

// free returns s to the pool. It keeps no pointer to the operands, only the
// storage of its own lists.
func (s *sweep[T]) free() {
	clear(s.terms)
	clear(s.err.k)
	*s = sweep[T]{
		c:       s.c[:0],
		terms:   s.terms[:0],
		err:     scaledError[T]{c: s.err.c[:0], k: s.err.k[:0]},
		partial: s.partial[:0],
	}
	sweepPool[T]().Put(s)
}

// do runs the operation over n elements.
func (s *sweep[T]) do(n int) {
	parallel(n, blockLen, s)
	s.free()
}

// sum runs the operation over n elements and adds up the blocks in order.
func (s *sweep[T]) sum(n int) float64 {
	for range (n + blockLen - 1) / blockLen {
		s.partial = append(s.partial, 0)
	}
	parallel(n, blockLen, s)
	var sum float64
	for _, p := range s.partial {
		sum += p
	}
	s.free()
	return sum
}

func (s *sweep[T]) run(lo, hi int) {
	switch s.op {
	case opActivate:
		activate(s.act, s.dst[lo:hi], s.x[lo:hi])
	case opActivateGrad:
		activateGrad(s.act, s.dst[lo:hi], s.x[lo:hi], s.y[lo:hi])
	case opLinComb:
		linComb(s.dst, s.c, s.terms, lo, hi, s.accumulate)
	case opCube:
		cube(s.dst[lo:hi], s.x[lo:hi])
	case opCubeGrad:
		cubeGrad(s.dst[lo:hi], s.x[lo:hi], s.y[lo:hi])
	case opColSum:
		colSum(s.dst, s.rows, s.x, lo, hi, s.accumulate)
	case opErrorSumSq:
		s.partial[lo/blockLen] = s.err.sumSq(lo, hi)
	case opErrorGrad:
		s.err.grad(s.dst, lo, hi, s.scale)
	case opDiffSumSq:
		s.partial[lo/blockLen] = diffSumSq(s.x[lo:hi], s.y[lo:hi])
	case opSumSq:
		s.partial[lo/blockLen] = sumSq(s.x[lo:hi])
	}
}
