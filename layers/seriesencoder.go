package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// SeriesEncoder reads a series from its last time to its first, so that what it says at
// a time knows of all that is to come: the context of a posterior at several times, and
// the Gaussian that the initial state is drawn from.
type SeriesEncoder struct {
	// Recurrence goes backward over the series.
	Recurrence *Recurrence
	// Context maps a state of the recurrence to the context at that time, (batch, k).
	Context Layer
	// Initial maps the context at the first time to means and log variances of the
	// initial state side by side, (batch, 2·latent).
	Initial Layer
	// Knots are the numbers of the times of the series, from zero, at which there is a
	// context, in ascending order.
	Knots []int
}

// Encode adds the Gaussian q (batch, 2·latent) of the initial state and the context
// (batch, knots·k), for InContext with the times of the knots, from the series x
// (times·batch, features).
func (e SeriesEncoder) Encode(s *graph.Scope, x *gorgonia.Node) (q, context *gorgonia.Node, err error) {
	if e.Recurrence == nil || e.Context == nil || e.Initial == nil || len(e.Knots) == 0 {
		return nil, nil, errors.New("series encoder without a recurrence, a context, an initial state or knots")
	}
	if !e.Recurrence.set.Backward {
		return nil, nil, errors.New("series encoder with a recurrence that goes forward, expected Backward: the first state is to know of the whole series")
	}
	states, err := e.Recurrence.States(s, x)
	if err != nil {
		return nil, nil, err
	}
	at := make(gorgonia.Nodes, len(e.Knots))
	for i, k := range e.Knots {
		if k < 0 || k >= len(states) || i > 0 && k <= e.Knots[i-1] {
			return nil, nil, errors.Errorf("series encoder with knots %v of %d times, expected numbers of times that ascend", e.Knots, len(states))
		}
		if at[i], err = e.Context.Forward(s, states[k]); err != nil {
			return nil, nil, errors.Wrap(err, "context")
		}
	}
	first := at[0]
	if e.Knots[0] != 0 {
		if first, err = e.Context.Forward(s, states[0]); err != nil {
			return nil, nil, errors.Wrap(err, "context")
		}
	}
	if q, err = e.Initial.Forward(s, first); err != nil {
		return nil, nil, errors.Wrap(err, "initial state")
	}
	context, err = ops.Beside(at...)
	return q, context, err
}
