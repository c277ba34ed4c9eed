package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// InContext is the layer F([z, c]), with c (batch, k) the first part of the context of
// the dynamics that it is in, as of NeuralODE.ForwardIn: what every row has of its own.
type InContext struct {
	F Layer // layer of dim + k columns
	// Times makes c vary along the solution. The context then holds its values at these
	// times, which ascend, side by side, (batch, len(Times)·k); between them it is linear,
	// and before the first and after the last constant. nil for one that is constant.
	Times []float64
}

var _ Layer = InContext{}

// Forward maps z (batch, dim) by F of [z, c].
func (l InContext) Forward(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	if l.F == nil {
		return nil, errors.New("dynamics in a context without a layer")
	}
	if err := given("dynamics in a context", s, "z", z); err != nil {
		return nil, err
	}
	c, err := s.Context(0)
	if err != nil {
		return nil, err
	}
	if l.Times != nil {
		t, err := s.Time()
		if err != nil {
			return nil, err
		}
		if c, err = ops.Interpolate(c, t, l.Times); err != nil {
			return nil, errors.Wrap(err, "context")
		}
	}
	both, err := ops.Beside(z, c)
	if err != nil {
		return nil, err
	}
	return l.F.Forward(s, both)
}
