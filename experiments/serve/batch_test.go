package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/errors"
)

// started returns a batcher at work until the test ends.
func started(t *testing.T, p predictor, window time.Duration, rows, waiting int) *batcher {
	b := newBatcher(p, window, rows, waiting, func(int) {})
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { b.run(ctx, 1) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return b
}

// TestBatch: inputs of concurrent requests are answered together, each with its own
// answer, and no batch is larger than allowed.
func TestBatch(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	b := started(t, f, time.Hour, 4, 64)
	var all sync.WaitGroup
	all.Go(func() { check(t, b, 0) }) // alone: it does not wait for anybody
	for len(f.sizes()) == 0 {
		time.Sleep(time.Millisecond)
	}
	for c := range 8 { // these wait while the first is solved
		all.Go(func() { check(t, b, 1+c%3) })
	}
	for b.present.Load() < 9 {
		time.Sleep(time.Millisecond)
	}
	close(f.hold)
	all.Wait()
	total := 0
	for _, n := range f.sizes() {
		total += n
		if n > 4 {
			t.Errorf("a batch of %d inputs, expected at most 4", n)
		}
	}
	if got := len(f.sizes()); total != 9 || got != 3 {
		t.Errorf("batches %v, expected 3 with 9 inputs", f.sizes())
	}
	if n := b.present.Load(); n != 0 {
		t.Errorf("%d inputs are present at the end, expected none", n)
	}
}

func check(t *testing.T, b *batcher, c int) {
	got, err := b.submit(t.Context(), [][]float64{input(c)})
	if err != nil || len(got) != 1 || got[0].Class != c {
		t.Errorf("input %d: answer %v, error %v", c, got, err)
	}
}

// TestBatchSizes: the batches that are solved are full or powers of two, also where some
// of their inputs have gone or one fails, so that a predictor meets few sizes.
func TestBatchSizes(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	b := started(t, f, 0, 12, 64)
	gone, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	several := func(ctx context.Context, n int, poison bool) {
		inputs := make([][]float64, n)
		for i := range inputs {
			inputs[i] = input(1)
		}
		if poison {
			inputs[0] = []float64{1, 0, 0, 0}
		}
		before := b.present.Load()
		all.Go(func() { _, _ = b.submit(ctx, inputs) })
		for b.present.Load() < before+int64(n) {
			time.Sleep(time.Millisecond)
		}
	}
	several(t.Context(), 1, false)
	for len(f.sizes()) == 0 {
		time.Sleep(time.Millisecond)
	}
	several(gone, 7, false)
	several(t.Context(), 18, true)
	several(t.Context(), 11, false)
	cancel()
	close(f.hold)
	all.Wait()
	total := 0
	for _, n := range f.sizes() {
		if total += n; n != 12 && n&(n-1) != 0 {
			t.Errorf("batches %v, expected sizes that are 12 or powers of two", f.sizes())
		}
	}
	if total < 30 {
		t.Errorf("batches %v, expected all 30 inputs that somebody waits for", f.sizes())
	}
}

// TestWarm: a predictor meets every size before the first request, as often as batches
// are solved at once.
func TestWarm(t *testing.T) {
	f := &fake{}
	b := newBatcher(f, 0, 12, 64, func(int) {})
	if err := b.warm(t.Context(), [][]float64{input(0), input(1)}, 2); err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(slices.Values(f.sizes())); !slices.Equal(got, []int{1, 1, 2, 2, 4, 4, 8, 8, 12, 12}) {
		t.Errorf("sizes %v, expected each below 12 that is a power of two, and 12", got)
	}
	if err := b.warm(t.Context(), [][]float64{{1, 0, 0, 0}}, 2); !errors.Is(err, errPoison) {
		t.Errorf("error %v, expected %v", err, errPoison)
	}
}

// TestBatchFailsAlone: an input that cannot be solved fails its own request only.
func TestBatchFailsAlone(t *testing.T) {
	b := started(t, &fake{}, 20*time.Millisecond, 8, 64)
	var all sync.WaitGroup
	for c := range 4 {
		all.Go(func() { check(t, b, c) })
	}
	all.Go(func() {
		if _, err := b.submit(t.Context(), [][]float64{input(0), {1, 0, 0, 0}}); !errors.Is(err, errPoison) || !strings.Contains(err.Error(), "input 1") {
			t.Errorf("error %v, expected %v of input 1", err, errPoison)
		}
	})
	all.Wait()
}

// TestBatchOverload: what does not fit among those that wait is refused at once, as a
// whole, and the others are answered.
func TestBatchOverload(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	b := started(t, f, 0, 1, 3)
	var all sync.WaitGroup
	for c := range 2 {
		all.Go(func() { check(t, b, c) })
	}
	for b.present.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	if _, err := b.submit(t.Context(), [][]float64{input(0), input(1)}); !errors.Is(err, errOverloaded) {
		t.Errorf("two inputs where one has room: error %v, expected %v", err, errOverloaded)
	}
	all.Go(func() { check(t, b, 3) })
	for b.present.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	close(f.hold)
	all.Wait()
}

// TestBatchEnds: a solve whose requests have all gone is given up, and one of whose
// requests some remain goes on.
func TestBatchEnds(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	b := started(t, f, time.Hour, 2, 8)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	gone := func() {
		if _, err := b.submit(ctx, [][]float64{input(0)}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, expected %v", err, context.Canceled)
		}
	}
	all.Go(gone)
	for len(f.sizes()) < 1 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	all.Wait()

	ctx, cancel = context.WithCancel(t.Context())
	all.Go(func() { check(t, b, 1) })
	for len(f.sizes()) < 2 {
		time.Sleep(time.Millisecond)
	}
	all.Go(func() { _, _ = b.submit(ctx, [][]float64{input(0)}) })
	for b.present.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	close(f.hold)
	all.Wait()
}
