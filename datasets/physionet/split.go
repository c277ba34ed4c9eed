package physionet

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// splitStream keeps the order of Split apart from the orders that
// datasets.Batches draws with the same seed, whose streams are the epochs.
const splitStream = 1 << 63

// Split deals the patients out to two sets at random: the given fraction of them,
// rounded to whole patients, to train with and the others to test with. The paper
// uses 0.8. The outcome depends on the seed alone. The two share the patients'
// memory and s.Range, as the normalisation was published. It is an error if a
// part would be empty, or if there is no set.
func (s *Set) Split(fraction float64, seed uint64) (train, test *Set, err error) {
	if s == nil {
		return nil, nil, errNoSet
	}
	n := math.Round(fraction * float64(s.Len()))
	if !(n >= 1 && n < float64(s.Len())) {
		return nil, nil, errors.Errorf("physionet: a fraction %v of %d patients leaves a part empty", fraction, s.Len())
	}
	order := rand.New(rand.NewPCG(seed, splitStream)).Perm(s.Len())
	return s.part(order[:int(n)]), s.part(order[int(n):]), nil
}

// Subset returns the first n patients, sharing their memory, or all of them if
// there are no more than n or if n is not positive. It panics if the set is nil.
func (s *Set) Subset(n int) *Set {
	if s == nil {
		panic(errNoSet)
	}
	if n <= 0 || n > s.Len() {
		n = s.Len()
	}
	return &Set{Records: s.Records[:n:n], Range: s.Range}
}

func (s *Set) part(idx []int) *Set {
	p := &Set{Records: make([]Record, len(idx)), Range: s.Range}
	for k, i := range idx {
		p.Records[k] = s.Records[i]
	}
	return p
}
