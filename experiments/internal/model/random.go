package model

import (
	"math/rand/v2"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// What is random for a row of a batch is the same whatever part of the batch is at
// work on it. In evaluation there are no parts.

// NoiseSeed returns the seed of what is random in one draw of a run: the number of
// the iteration, 1, 2, …, in training, and -1, -2, … in evaluation, where it is the
// same after every epoch and for every variant.
func (m *Model) NoiseSeed(draw int) uint64 { return NoiseSeed(m.Seed, draw) }

// NoiseSeed returns the seed of a draw in the run of a seed.
func NoiseSeed(run uint64, draw int) uint64 {
	return rand.New(rand.NewPCG(run, uint64(draw))).Uint64()
}

// Keys returns the keys of the noise of an iteration's rows, which are their numbers in
// the whole batch: nil, the default of the solver, if that begins with them.
func Keys(it trainer.Iteration) []uint64 {
	if it.First == 0 {
		return nil
	}
	keys := make([]uint64, len(it.Batch))
	for i := range keys {
		keys[i] = uint64(it.First + i)
	}
	return keys
}

// Normals returns standard normal numbers (rows, cols), row-major: those that a batch
// has in its rows from the first one on.
func Normals(rng *rand.Rand, first, rows, cols int) []float64 {
	x := make([]float64, (first+rows)*cols)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x[first*cols:]
}
