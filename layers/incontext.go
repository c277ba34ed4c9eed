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
	both, err := ops.Beside(z, c)
	if err != nil {
		return nil, err
	}
	return l.F.Forward(s, both)
}
