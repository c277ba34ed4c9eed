package main

import (
	"slices"

	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// row is the runs of a variant with one configuration.
type row struct {
	variant trainer.Variant
	own     trainer.Config  // the variant's own part
	label   string          // the variant, with its configuration if there is another row of it
	sources []*source       // results of folders that were to train the row
	runs    map[uint64]*run // the runs by their seeds
}

// run is a run and where it was found.
type run struct {
	trainer.Run
	*source
}

// done reports whether the run has come to its end.
func (r *run) done() bool { return r.Error == "" && len(r.Epochs) == r.Config.Epochs }

// seeds are those of the runs that are done, in order.
func (r *row) seeds() []uint64 {
	var seeds []uint64
	for seed, x := range r.runs {
		if x.done() {
			seeds = append(seeds, seed)
		}
	}
	slices.Sort(seeds)
	return seeds
}

// finals are the last epochs of the runs that are done, in the order of seeds.
func (r *row) finals() []trainer.Epoch {
	var finals []trainer.Epoch
	for _, seed := range r.seeds() {
		finals = append(finals, *r.runs[seed].Final)
	}
	return finals
}

// values are a quantity of the runs that are done. There are none if the
// experiment does not measure it.
func (r *row) values(q paper.Quantity) []float64 {
	var values []float64
	for _, f := range r.finals() {
		if x, ok := q.Of(f); ok {
			values = append(values, x)
		}
	}
	return values
}
