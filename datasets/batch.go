// Package datasets holds what all data sets share: the order in which a training
// run goes through them. The data sets are in the folders below, one package
// each: mnist reads the handwritten digits, physionet the intensive care records
// of 2012, miniboone the events of a neutrino detector, spiralsde the moments of the
// spiral SDE; spiral makes the spiral ODE's trajectory, density points of
// distributions in the plane, lorenz paths of the stochastic Lorenz attractor.
//
// A data set hands out rows by index, and Batches decides the indices:
//
//	batches, err := datasets.NewBatches(train.Len(), 512, false, seed)
//	…
//	for epoch := range epochs {
//		for _, idx := range batches.Epoch(epoch) {
//			err = mnist.Fill(train, idx, x, y)
//			…
//		}
//	}
package datasets

import (
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Batches splits the indices 0, …, n-1 of a data set into mini-batches, in a new
// random order every epoch. The order depends on the seed and the epoch alone,
// so a run that resumes in some epoch need not go through the earlier ones. A
// Batches does not change and can be shared by goroutines.
type Batches struct {
	n, size  int
	dropLast bool
	seed     uint64
}

// NewBatches returns the batches of a data set of n items, size items each. If
// size does not divide n, the last batch of an epoch is smaller, or with
// dropLast left out. It is an error if n or size is not positive, or if dropLast
// leaves no batch at all.
func NewBatches(n, size int, dropLast bool, seed uint64) (*Batches, error) {
	if n <= 0 {
		return nil, errors.Errorf("datasets: %d items to batch, want at least 1", n)
	}
	if size <= 0 {
		return nil, errors.Errorf("datasets: batch size %d, want at least 1", size)
	}
	if dropLast && n < size {
		return nil, errors.Errorf("datasets: no batch is left, as %d items are fewer than the batch size %d and the last, partial batch is dropped", n, size)
	}
	return &Batches{n: n, size: size, dropLast: dropLast, seed: seed}, nil
}

// Len returns the number of batches in an epoch.
func (b *Batches) Len() int {
	if b.dropLast {
		return b.n / b.size
	}
	return (b.n-1)/b.size + 1
}

// Epoch returns the batches of an epoch: Len disjoint slices of indices, newly
// allocated. Without dropLast every index is in exactly one of them.
func (b *Batches) Epoch(epoch int) [][]int {
	order := rand.New(rand.NewPCG(b.seed, uint64(epoch))).Perm(b.n)
	batches := make([][]int, b.Len())
	for i := range batches {
		from := i * b.size
		to := min(from+b.size, b.n)
		batches[i] = order[from:to:to]
	}
	return batches
}

// Indices returns from, from+1, …, to-1, a batch in the order of the data: none if
// to is not above from.
func Indices(from, to int) []int {
	idx := make([]int, max(to-from, 0))
	for i := range idx {
		idx[i] = from + i
	}
	return idx
}
