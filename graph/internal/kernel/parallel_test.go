package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/regnde/regnde/graph/profile"
	"github.com/regnde/regnde/graph/profile/profiletest"
)

func withProcs(t *testing.T, procs int) {
	was := runtime.GOMAXPROCS(procs)
	t.Cleanup(func() { runtime.GOMAXPROCS(was) })
}

// Every index is visited once, in blocks that start at multiples of the grain.
func TestParallelCovers(t *testing.T) {
	for _, procs := range []int{1, 2, 5} {
		withProcs(t, procs)
		for _, n := range []int{0, 1, 9, 10, 11, 99, 1000} {
			visits := make([]atomic.Int32, n)
			Parallel(n, 10, func(lo, hi int) {
				if lo%10 != 0 || hi != min(lo+10, n) {
					t.Errorf("n = %d: block [%d, %d)", n, lo, hi)
				}
				for i := lo; i < hi; i++ {
					visits[i].Add(1)
				}
			})
			for i := range visits {
				if v := visits[i].Load(); v != 1 {
					t.Errorf("procs %d, n = %d: index %d visited %d times", procs, n, i, v)
				}
			}
		}
	}
}

// Nested loops and loops from many goroutines neither deadlock nor mix.
func TestParallelNestedAndConcurrent(t *testing.T) {
	withProcs(t, 4)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				var sum atomic.Int64
				Parallel(64, 1, func(lo, _ int) {
					Parallel(32, 4, func(l, h int) { sum.Add(int64(lo * (h - l))) })
				})
				if got := sum.Load(); got != 32*63*64/2 {
					t.Errorf("sum is %d, want %d", got, 32*63*64/2)
				}
			}
		})
	}
	group.Wait()
}

// More than one goroutine takes part when blocks wait for each other.
func TestParallelUsesHelpers(t *testing.T) {
	withProcs(t, 2)
	var met sync.WaitGroup
	met.Add(2)
	Parallel(2, 1, func(int, int) {
		met.Done()
		met.Wait()
	})
}

// Each worker begins with its own share of the blocks.
func TestParallelShares(t *testing.T) {
	withProcs(t, 2)
	for range 10 {
		var begun [4]atomic.Bool
		var met sync.WaitGroup
		met.Add(2)
		var first atomic.Int32
		Parallel(len(begun), 1, func(lo, _ int) {
			begun[lo].Store(true)
			if first.Add(1) <= 2 {
				met.Done()
				met.Wait()
				if !begun[0].Load() || !begun[2].Load() {
					t.Error("a worker did not begin with the first block of its share")
				}
			}
		})
	}
}

// A panic reaches the caller and the workers stay usable.
func TestParallelPanic(t *testing.T) {
	withProcs(t, 2)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("panic was lost")
			}
		}()
		Parallel(1, 1, func(int, int) { panic("test") })
	}()
	TestParallelUsesHelpers(t)
}

func TestParallelSmallDoesNotAllocate(t *testing.T) {
	var sum int
	f := func(lo, hi int) { sum += hi - lo }
	noAllocs(t, "one block", func() { Parallel(10, 10, f) })
	withProcs(t, 1)
	noAllocs(t, "one processor", func() { Parallel(1000, 10, f) })
}

// Helpers have the labels of the phase that they help in, and none of those of the
// goroutine that happened to start them.
func TestParallelLabelsHelpers(t *testing.T) {
	withProcs(t, 2)
	labels := func() (both [2]string) {
		var met sync.WaitGroup
		met.Add(2)
		var one sync.Mutex
		Parallel(2, 1, func(lo, _ int) {
			one.Lock()
			both[lo] = profiletest.Labels(t)
			one.Unlock()
			met.Done()
			met.Wait() // so that each block has its own goroutine
		})
		return both
	}
	profile.Label(t.Context())
	for phase, want := range map[profile.Phase]string{profile.Solve: `"phase":"solve"`, profile.Reverse: `"phase":"reverse"`, profile.Outside: ""} {
		profile.Enter(phase)
		if got := labels(); got != [2]string{want, want} {
			t.Errorf("labels %q, expected %q", got, want)
		}
	}
	profile.Enter(profile.Outside)
	profile.Unlabel()
	if got := labels(); got != [2]string{} {
		t.Errorf("labels %q, expected none", got)
	}
}
