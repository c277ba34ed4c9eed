package losses

import (
	"math"

	"github.com/pkg/errors"
)

// Annealing is a weight that goes exponentially from First at epoch 1 towards
// Last after Epochs epochs,
//
//	λ(e) = First·exp(−k(e−1)),   k = ln(First/Last)/Epochs,   e = 1, …, Epochs
//
// as in the official code of Pal et al.: the last epoch is slightly short of
// Last. Its weight of R_E on MNIST is Annealing{100, 10, 75}.
type Annealing struct {
	First, Last float64
	Epochs      int
}

// Constant returns the annealing that stays at λ.
func Constant(lambda float64) Annealing { return Annealing{First: lambda, Last: lambda, Epochs: 1} }

// Validate returns an error unless both ends are positive, or both zero, and
// there is an epoch.
func (a Annealing) Validate() error {
	zero := a.First == 0 && a.Last == 0
	if a.Epochs <= 0 || !zero && !(a.First > 0 && a.Last > 0) || math.IsInf(a.First+a.Last, 0) {
		return errors.Errorf("annealing from %v to %v in %d epochs, expected positive numbers", a.First, a.Last, a.Epochs)
	}
	return nil
}

// At returns the weight of an epoch, counted from 1. It panics unless Validate returns
// nil: there would be no weight.
func (a Annealing) At(epoch int) float64 {
	if err := a.Validate(); err != nil {
		panic(err)
	}
	if a.First == a.Last {
		return a.First
	}
	k := math.Log(a.First / a.Last)
	if math.IsInf(k, 0) { // the quotient is too large or too small
		first, last := math.Log(a.First), math.Log(a.Last)
		return math.Exp(first + (last-first)/float64(a.Epochs)*float64(epoch-1))
	}
	return a.First * math.Exp(-k/float64(a.Epochs)*float64(epoch-1))
}
