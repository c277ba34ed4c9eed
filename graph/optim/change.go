package optim

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// changing is a model whose values may be read by somebody else, as those of
// graph.Params are by predictors. No step is taken then.
type changing interface {
	BeginChange() error // fails while they are read
	EndChange()
}

// beginChange begins to change the values of a model, until endChange.
func (s *Solver) beginChange(model []gorgonia.ValueGrad) error {
	for i, vg := range model {
		c, ok := vg.(changing)
		if !ok || slices.Contains(s.changed, c) {
			continue
		}
		if err := c.BeginChange(); err != nil {
			return errors.Wrapf(err, "optim: parameter %d%s", i, nameOf(vg))
		}
		s.changed = append(s.changed, c)
	}
	return nil
}

func (s *Solver) endChange() {
	for _, c := range s.changed {
		c.EndChange()
	}
	clear(s.changed)
	s.changed = s.changed[:0]
}
