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

// Limit sets the most processors that share one loop of this process from now on, in
// operations as well: with 1, every caller computes on the processor that it is on, and
// no other. 0 means GOMAXPROCS, which is the default, less one for each prediction that
// is computed beside. Results do not depend on it. It panics if n is negative.
func Limit(n int) {
	if n < 0 {
		panic("parallel: Limit: a negative number of processors")
	}
	kernel.Limit(n)
}
