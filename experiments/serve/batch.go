package main

import (
	"context"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"
)

// errOverloaded says that as many inputs wait already as the server takes.
var errOverloaded = errors.New("the server is busy, expected fewer inputs that wait")

// A batcher hands inputs of concurrent requests to a predictor together. What an input
// is answered does not depend on what it is together with.
type batcher struct {
	predictor predictor
	window    time.Duration // how long a batch waits for more inputs
	rows      int           // most inputs of a batch
	waiting   int64         // most inputs that wait or are answered

	present  atomic.Int64 // inputs that wait or are answered
	queue    chan *item
	fewer    chan struct{}  // told that some of those that were present have gone
	observed func(rows int) // told the size of each batch
}

// item is one input on its way.
type item struct {
	ctx   context.Context
	input []float64
	done  chan outcome
}

type outcome struct {
	answer answer
	err    error
}

func newBatcher(p predictor, window time.Duration, rows, waiting int, observed func(int)) *batcher {
	return &batcher{
		predictor: p, window: window, rows: rows, waiting: int64(waiting), observed: observed,
		queue: make(chan *item, waiting), fewer: make(chan struct{}, 1),
	}
}

// run answers with the given number of batches at once, until the context ends; what
// has been taken on by then is answered.
func (b *batcher) run(ctx context.Context, workers int) {
	batches := make(chan []*item)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for batch := range batches {
				b.answer(batch)
			}
		})
	}
	b.gather(ctx.Done(), batches)
	close(batches)
	all.Wait()
}

// gather sends batches to those who take them, until done is closed and nothing waits.
// A batch is ready when the window after its first input is over, when it is full, or
// when nothing else is present; it grows while nobody takes it.
func (b *batcher) gather(done <-chan struct{}, batches chan<- []*item) {
	var waiting []*item
	window, over := time.NewTimer(b.window), false
	defer window.Stop()
	for done != nil || len(waiting) > 0 || len(b.queue) > 0 {
		in, out, n := b.queue, batches, b.size(len(waiting))
		if n == b.rows {
			in = nil
		} else if n == 0 || !over && int64(len(waiting)) < b.present.Load() {
			out = nil
		}
		select {
		case it := <-in:
			if len(waiting) == 0 {
				window.Reset(b.window)
				over = false
			}
			waiting = append(waiting, it)
		case <-window.C:
			over = true
		case out <- waiting[:n:n]:
			waiting = waiting[n:]
		case <-b.fewer:
		case <-done:
			done = nil
		}
	}
}

// size returns how many of n inputs are solved together: the most that may be, or else
// a power of two. Others come next. A predictor keeps functions for every size that it
// has met, and these are few.
func (b *batcher) size(n int) int {
	if n >= b.rows {
		return b.rows
	}
	return 1 << bits.Len(uint(n)) >> 1
}

// answer answers inputs, without those that nobody waits for any more.
func (b *batcher) answer(batch []*item) {
	live := batch[:0:0]
	for _, it := range batch {
		if err := context.Cause(it.ctx); err != nil {
			b.end(it, answer{}, err)
			continue
		}
		live = append(live, it)
	}
	for len(live) > 0 {
		n := b.size(len(live))
		b.solve(live[:n])
		live = live[n:]
	}
}

// solve answers a batch. Where it fails, each of its inputs is answered alone, so that
// one fails for its own reasons only.
func (b *batcher) solve(batch []*item) {
	b.observed(len(batch))
	ctx, cancel := untilAllEnd(batch)
	defer cancel()
	inputs := make([][]float64, len(batch))
	for i, it := range batch {
		inputs[i] = it.input
	}
	answers, err := b.predictor.predict(ctx, inputs)
	switch {
	case err == nil:
		for i, it := range batch {
			b.end(it, answers[i], nil)
		}
	case len(batch) == 1:
		if ended := context.Cause(batch[0].ctx); ended != nil {
			err = ended // the batch was told that it ended, and not why
		}
		b.end(batch[0], answer{}, err)
	default:
		for _, it := range batch {
			b.answer([]*item{it})
		}
	}
}

// end hands an input's outcome over.
func (b *batcher) end(it *item, a answer, err error) {
	b.present.Add(-1)
	it.done <- outcome{a, err}
	select {
	case b.fewer <- struct{}{}:
	default: // it has been told
	}
}

// untilAllEnd returns a context that ends when those of all items have.
func untilAllEnd(items []*item) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	left := new(atomic.Int64)
	left.Store(int64(len(items)))
	stops := make([]func() bool, len(items))
	for i, it := range items {
		stops[i] = context.AfterFunc(it.ctx, func() {
			if left.Add(-1) == 0 {
				cancel(context.Cause(it.ctx))
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel(nil)
	}
}

// full reports whether no more inputs are taken.
func (b *batcher) full() bool { return b.present.Load() >= b.waiting }

// submit returns the answers for the inputs of one request, errOverloaded if they
// are too many for now, or the first error with the number of its input.
func (b *batcher) submit(ctx context.Context, inputs [][]float64) ([]answer, error) {
	n := int64(len(inputs))
	if b.present.Add(n) > b.waiting {
		b.present.Add(-n)
		return nil, errOverloaded
	}
	items := make([]*item, n)
	for i, input := range inputs {
		items[i] = &item{ctx: ctx, input: input, done: make(chan outcome, 1)}
		b.queue <- items[i] // there is room: as many as may be present
	}
	answers := make([]answer, n)
	var first error
	for i, it := range items {
		o := <-it.done
		answers[i] = o.answer
		if first == nil {
			first = errors.Wrapf(o.err, "input %d", i)
		}
	}
	return answers, first
}
