// Package parallel shares work among processors.
package parallel

import "github.com/regnde/regnde/graph/internal/kernel"

// For calls f for blocks [i·grain, min((i+1)·grain, n)) of [0, n), on at most
// GOMAXPROCS processors, and returns when all calls have. The blocks do not depend
// on the number of processors. A single block is a plain call. It panics if f is
// nil.
func For(n, grain int, f func(lo, hi int)) {
	if f == nil {
		panic("parallel: For: f is nil")
	}
	kernel.Parallel(n, grain, f)
}
