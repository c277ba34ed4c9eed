package graph

import (
	"slices"

	"github.com/regnde/regnde/graph/exclusive"
)

// ErrInUse is the cause of an error of a second goroutine that uses what only
// one at a time may: a function, a machine, an objective, the solver of a
// differential equation in it, or the gradient of one set of parameters. Nothing of
// the first goroutine's is touched. Who trains in several goroutines needs a model for
// each: parameters, layers and objective. It is the cause, too, of an error of a
// predictor while its parameters are changed, and of a change while it reads them.
var ErrInUse = exclusive.ErrInUse

// usedSites are the sites that an evaluation has begun to use.
type usedSites []Site

func (u *usedSites) begin(s Site) error {
	if slices.Contains(*u, s) {
		return nil
	}
	if err := s.Begin(); err != nil {
		return err
	}
	*u = append(*u, s)
	return nil
}

func (u *usedSites) end() {
	for _, s := range *u {
		s.End()
	}
	clear(*u)
	*u = (*u)[:0]
}
