package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"
)

// errOverloaded says that as many inputs wait already as the server takes.
var errOverloaded = errors.New("the server is busy, expected fewer inputs that wait")

// An answer is what the model makes of one input, and what that cost.
type answer struct {
	Class         int       `json:"class"`
	Probabilities []float64 `json:"probabilities"` // one for each class
	NFE           int       `json:"nfe"`           // evaluations of the dynamics
	Accepted      int       `json:"accepted"`      // steps
	Rejected      int       `json:"rejected"`      // attempts that were no step
	Trace         []attempt `json:"trace,omitempty"`
}

// An attempt is one entry of a step trace.
type attempt struct {
	T        float64 `json:"t"` // where it starts
	H        float64 `json:"h"` // its size
	E        float64 `json:"e"` // scaled error
	S        float64 `json:"s"` // stiffness
	Accepted bool    `json:"accepted"`
}

// A predictor answers for a batch, an answer for each input, which depends on no other.
// It is for any number of goroutines.
type predictor interface {
	predict(ctx context.Context, inputs [][]float64) ([]answer, error)
}

// A batcher hands inputs of concurrent requests to a predictor together. What an input
// is answered does not depend on what it is together with.
type batcher struct {
	predictor predictor
	window    time.Duration // how long a batch waits for more inputs
	rows      int           // most inputs of a batch
	waiting   int64         // most inputs that wait or are answered

	present  atomic.Int64 // inputs that wait or are answered
	queue    chan *item
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
		queue: make(chan *item, waiting),
	}
}

// run answers with the given number of batches at once, until the context ends; what
// has been taken on by then is answered.
func (b *batcher) run(ctx context.Context, workers int) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for batch := b.next(ctx); batch != nil; batch = b.next(ctx) {
				b.observed(len(batch))
				b.answer(batch)
			}
		})
	}
	all.Wait()
}

// next returns the next batch: what comes within the window after its first input, nil
// when the context has ended and nothing waits.
func (b *batcher) next(ctx context.Context) []*item {
	var batch []*item
	select {
	case it := <-b.queue:
		batch = append(batch, it)
	case <-ctx.Done():
		select {
		case it := <-b.queue:
			batch = append(batch, it)
		default:
			return nil
		}
	}
	timer := time.NewTimer(b.window)
	defer timer.Stop()
	for len(batch) < b.rows && int64(len(batch)) < b.present.Load() {
		select {
		case it := <-b.queue:
			batch = append(batch, it)
		case <-timer.C:
			return batch
		}
	}
	return batch
}

// answer answers a batch. Where it fails, each of its inputs is solved alone, so that
// one fails for its own reasons only.
func (b *batcher) answer(batch []*item) {
	live := batch[:0:0]
	for _, it := range batch {
		if err := context.Cause(it.ctx); err != nil {
			b.end(it, answer{}, err)
			continue
		}
		live = append(live, it)
	}
	if len(live) == 0 {
		return
	}
	ctx, cancel := untilAllEnd(live)
	defer cancel()
	inputs := make([][]float64, len(live))
	for i, it := range live {
		inputs[i] = it.input
	}
	answers, err := b.predictor.predict(ctx, inputs)
	switch {
	case err == nil:
		for i, it := range live {
			b.end(it, answers[i], nil)
		}
	case len(live) == 1:
		b.end(live[0], answer{}, err)
	default:
		for _, it := range live {
			b.answer([]*item{it})
		}
	}
}

// end hands an input's outcome over.
func (b *batcher) end(it *item, a answer, err error) {
	b.present.Add(-1)
	it.done <- outcome{a, err}
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

// submit returns the answers for the inputs of one request, errOverloaded if they
// are too many for now, or the first error.
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
			first = o.err
		}
	}
	return answers, first
}
