package kernel

import (
	"context"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"

	"github.com/regnde/regnde/graph/profile"
)

// Parallel calls f once for every block [i·grain, min((i+1)·grain, n)) of
// [0, n) and returns when all calls have. The blocks are shared among as many
// workers as there are processors that other callers leave, but depend on n and grain
// only, so that a computation whose blocks are independent gives the same bits for any
// number of workers.
//
// With a single block or a single processor, Parallel is a plain loop: no
// goroutine, no lock, no allocation. So it is, too, while another Parallel is
// running, which makes nested calls and concurrent callers safe.
//
// The grain must be positive.
func Parallel(n, grain int, f func(lo, hi int)) {
	parallel(n, grain, funcTask(f))
}

// task is the body of a parallel loop. It is an interface rather than a
// function so that pooled structs can stand in for freshly allocated closures.
type task interface {
	run(lo, hi int)
}

type funcTask func(lo, hi int)

func (f funcTask) run(lo, hi int) { f(lo, hi) }

func parallel(n, grain int, t task) {
	if n <= grain {
		if n > 0 {
			t.run(0, n)
		}
		return
	}
	blocks := (n + grain - 1) / grain
	procs := min(processors(), blocks)
	if procs == 1 || !team.mu.TryLock() {
		for lo := 0; lo < n; lo += grain {
			t.run(lo, min(lo+grain, n))
		}
		return
	}
	team.lead(n, grain, procs-1, t)
}

// team is the process-wide set of helpers. The holder of mu is the leader; it
// works on its own loop and the helpers join.
var team = crew{wake: make(chan struct{}, 256)}

type crew struct {
	mu      sync.Mutex
	helpers int           // goroutines started so far
	asleep  atomic.Int32  // of them, those that wait for a token
	wake    chan struct{} // stale tokens are harmless

	// The loop being run. Written by the leader before it issues tickets.
	t        task
	n, grain int
	labels   context.Context // labels of the helpers in profiles, nil for none
	workers  int             // the leader, and those that may join
	shares   []share         // of the workers
	tickets  atomic.Int32    // helpers that may still join
	working  atomic.Int32    // helpers that may join or have not finished
}

// A share is a run of blocks that a worker takes before it helps others with theirs.
// In loops over the same rows a worker so has the same ones, as far as it is not late,
// which are in its cache: caches of two processors may be far from each other.
type share struct {
	next atomic.Int64 // first block not yet taken
	_    [56]byte     // the rest of a cache line
}

// lead runs the loop with up to the given number of helpers and releases mu.
func (c *crew) lead(n, grain, helpers int, t task) {
	for ; c.helpers < helpers; c.helpers++ {
		go c.help(c.helpers)
	}
	c.t, c.n, c.grain, c.labels = t, n, grain, profile.Latest()
	c.workers = helpers + 1
	if len(c.shares) < c.workers {
		c.shares = make([]share, c.workers)
	}
	for i := range c.workers {
		c.shares[i].next.Store(int64(c.firstBlock(i)))
	}
	c.working.Store(int32(helpers))
	c.tickets.Store(int32(helpers))
	for range min(helpers, int(c.asleep.Load())) {
		select {
		case c.wake <- struct{}{}:
		default: // full of tokens already
		}
	}
	// Deferred, so that a panic in the loop body leaves the team usable.
	defer func() {
		// A helper that has not come by now is not waited for, and one at work
		// has at most a block left.
		c.working.Add(-c.tickets.Swap(0))
		for i := 1; c.working.Load() != 0; i++ {
			relax(i)
		}
		c.t = nil
		c.mu.Unlock()
	}()
	c.work(0)
}

// patience is how often an idle helper looks for the next loop before it sleeps,
// about a hundred microseconds. Loops come in quick succession, and waking
// takes tens of microseconds.
const patience = 4000

// help serves loops until the program ends, as the same worker where there are as many
// as helpers. They have numbers from 0 on.
func (c *crew) help(number int) {
	var labels context.Context
	pprof.SetGoroutineLabels(context.Background()) // in place of those of who started it
	for {
		for idle := 1; idle < patience; idle++ {
			if c.join() {
				if c.labels != labels {
					labels = c.labels
					setLabels(labels)
				}
				c.work(1 + number%(c.workers-1))
				c.working.Add(-1)
				idle = 0
			}
			relax(idle)
		}
		c.asleep.Add(1)
		if c.tickets.Load() == 0 { // else the leader may not have seen it asleep
			<-c.wake
		}
		c.asleep.Add(-1)
	}
}

// setLabels labels the goroutine for profiles, with nothing if the context is nil.
func setLabels(ctx context.Context) {
	if ctx == nil {
		ctx = context.Background()
	}
	pprof.SetGoroutineLabels(ctx)
}

// relax waits a moment, the i-th time in a row. Now and then it lets other
// goroutines run.
func relax(i int) {
	if i%64 == 0 {
		runtime.Gosched()
		return
	}
	pause()
}

// join takes a ticket if one is left.
func (c *crew) join() bool {
	for {
		left := c.tickets.Load()
		if left == 0 {
			return false
		}
		if c.tickets.CompareAndSwap(left, left-1) {
			return true
		}
	}
}

// firstBlock returns where the share of a worker begins.
func (c *crew) firstBlock(worker int) int {
	return worker * ceil(c.n, c.grain) / c.workers
}

// work takes the blocks of a worker's share, and then those that are left in others.
func (c *crew) work(worker int) {
	for i := range c.workers {
		of := (worker + i) % c.workers
		next, end := &c.shares[of].next, c.firstBlock(of+1)
		for {
			b := int(next.Add(1)) - 1
			if b >= end {
				break
			}
			c.t.run(b*c.grain, min((b+1)*c.grain, c.n))
		}
	}
}
