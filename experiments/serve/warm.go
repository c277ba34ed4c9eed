package main

import (
	"context"
	"sync"
)

// warm has the predictor answer batches of every size that will come, as many at once
// as will be solved, so that what it compiles for them is compiled before the first
// request.
func (b *batcher) warm(ctx context.Context, inputs [][]float64, workers int) error {
	errs := make([]error, workers)
	var all sync.WaitGroup
	for w := range errs {
		all.Go(func() {
			var batch [][]float64
			for n := 1; errs[w] == nil && len(batch) < b.rows; n *= 2 {
				for len(batch) < min(n, b.rows) {
					batch = append(batch, inputs[len(batch)%len(inputs)])
				}
				_, errs[w] = b.predictor.predict(ctx, batch)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
