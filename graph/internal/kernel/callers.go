package kernel

import (
	"runtime"
	"sync/atomic"
)

// Several callers that compute at once share the processors: a loop is shared with no
// more of them than others leave. With as many callers as processors each has its own,
// and no loop waits for another processor.

var (
	callers atomic.Int32 // callers that compute at present, of those that say so
	limit   atomic.Int32 // most processors that share a loop, 0 for all
)

// Enter says that a caller computes, until Leave.
func Enter() { callers.Add(1) }

// Leave ends what Enter began.
func Leave() { callers.Add(-1) }

// Limit sets the most processors that share one loop, GOMAXPROCS if n is 0.
func Limit(n int) { limit.Store(int32(n)) }

// processors returns how many processors may share a loop.
func processors() int {
	n := max(1, runtime.GOMAXPROCS(0)-max(0, int(callers.Load())-1))
	if most := int(limit.Load()); most > 0 {
		n = min(n, most)
	}
	return n
}
