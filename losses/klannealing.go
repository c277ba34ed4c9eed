package losses

import (
	"math"

	"github.com/pkg/errors"
)

// KLAnnealing is the weight of the KL divergence, which is 0 at first and then
// goes to 1,
//
//	λ(e) = max(0, 1 − Decay^(e−1−Delay)),   e = 1, 2, …
//
// so that the model learns to reconstruct before its latent states are drawn
// towards the prior. The official code of Pal et al. has PhysioNetKL.
type KLAnnealing struct {
	// Delay is the number of epochs after the first without the divergence.
	Delay int
	// Decay is the factor by which the distance to 1 shrinks with every epoch.
	Decay float64
}

// PhysioNetKL is 0 up to epoch 11, then 0.01, 0.0199, …
var PhysioNetKL = KLAnnealing{Delay: 10, Decay: 0.99}

// Validate returns an error unless the delay is not negative and the decay in
// [0, 1).
func (a KLAnnealing) Validate() error {
	if a.Delay < 0 || !(a.Decay >= 0 && a.Decay < 1) {
		return errors.Errorf("KL annealing after %d epochs with decay %v, expected a delay of 0 or more and a decay in [0, 1)", a.Delay, a.Decay)
	}
	return nil
}

// At returns the weight of an epoch, counted from 1. It panics unless Validate returns
// nil.
func (a KLAnnealing) At(epoch int) float64 {
	if err := a.Validate(); err != nil {
		panic(err)
	}
	n := epoch - 1 - a.Delay
	if n <= 0 {
		return 0
	}
	return 1 - math.Pow(a.Decay, float64(n))
}
