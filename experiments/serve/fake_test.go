package main

import (
	"context"
	"slices"
	"sync"

	"github.com/pkg/errors"
)

// errPoison is the failure of an input that cannot be solved.
var errPoison = errors.New("an input that cannot be solved")

// fake is a predictor whose answer is the place of the largest number of an input. It
// fails a batch with an input that begins with 1, and holds while it is held.
type fake struct {
	mu      sync.Mutex
	batches []int // sizes of the batches so far
	hold    chan struct{}
}

func (f *fake) predict(ctx context.Context, inputs [][]float64) ([]answer, error) {
	f.mu.Lock()
	f.batches = append(f.batches, len(inputs))
	f.mu.Unlock()
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	answers := make([]answer, len(inputs))
	for i, x := range inputs {
		if x[0] == 1 {
			return nil, errPoison
		}
		answers[i] = answer{Class: slices.Index(x, slices.Max(x)), Probabilities: x, NFE: 45, Accepted: 7, Trace: []attempt{{H: 1, Accepted: true}}}
	}
	return answers, nil
}

func (f *fake) sizes() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.batches)
}

// input returns four numbers of which the largest is in place c.
func input(c int) []float64 {
	x := make([]float64, 4)
	x[c] = 0.5
	return x
}
