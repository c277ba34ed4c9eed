package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Residual is the layer x + F(x) for a layer F from (batch, dim) to the same shape,
// a block of a residual network (He, Zhang, Ren and Sun, CVPR 2016).
type Residual struct{ F Layer }

var _ Taylor = Residual{}

// Forward applies F to x and adds x.
func (r Residual) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if r.F == nil {
		return nil, errors.New("residual block without a layer")
	}
	y, err := r.F.Forward(s, x)
	if err != nil {
		return nil, errors.Wrap(err, "residual block")
	}
	return plus(x, y)
}

// Series expands the sum term by term.
func (r Residual) Series() (Series, error) {
	next, err := Expand(r.F)
	if err != nil {
		return nil, errors.Wrap(err, "residual block")
	}
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		y, err := next(s, x)
		if err != nil {
			return nil, errors.Wrap(err, "residual block")
		}
		return plus(x, y)
	}, nil
}

func plus(x, y *gorgonia.Node) (*gorgonia.Node, error) {
	sum, err := ops.LinComb([]ops.Term{{X: x, C: 1}, {X: y, C: 1}}, nil, nil)
	return sum, errors.Wrap(err, "residual block")
}
