package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// OfTime is the layer F taken at zero instead of at x (batch, dim): its result is one of
// the time and of parameters alone, the same for all rows. Such is the diffusion of
// additive noise (integrators.Additive), of which F is for example a TimeDense.
type OfTime struct{ F Layer }

var _ Layer = OfTime{}

// Forward applies F to zeros of the shape of x.
func (l OfTime) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if l.F == nil {
		return nil, errors.New("layer of the time without a layer")
	}
	if err := given("layer of the time", s, "x", x); err != nil {
		return nil, err
	}
	zero, err := s.Data(value.New(x.Dtype(), x.Shape()...))
	if err != nil {
		return nil, err
	}
	y, err := l.F.Forward(s, zero)
	return y, errors.Wrap(err, "layer of the time")
}
