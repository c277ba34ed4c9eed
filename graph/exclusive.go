package graph

import (
	"slices"

	"github.com/regnde/regnde/graph/exclusive"
)

// ErrInUse is the cause of an error of a second goroutine that uses what only
// one at a time may: a function, a machine, an objective or a predictor, the
// solver of a differential equation in either, or the gradient of one set of
// parameters. Nothing of the first goroutine's is touched. Every worker needs a
// model of its own: parameters, layers, objective and predictor.
var ErrInUse = exclusive.ErrInUse

// An ExclusiveSite is a Site that one evaluation at a time may use. An objective
// begins before it solves, and ends with its evaluation, the reverse pass
// included.
type ExclusiveSite interface {
	Site
	// Begin fails with the cause ErrInUse if the site is in use.
	Begin() error
	End()
}

// usedSites are the sites that an evaluation has begun to use.
type usedSites []ExclusiveSite

func (u *usedSites) begin(s Site) error {
	x, ok := s.(ExclusiveSite)
	if !ok || slices.Contains(*u, x) {
		return nil
	}
	if err := x.Begin(); err != nil {
		return err
	}
	*u = append(*u, x)
	return nil
}

func (u *usedSites) end() {
	for _, s := range *u {
		s.End()
	}
	clear(*u)
	*u = (*u)[:0]
}
