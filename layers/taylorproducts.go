package layers

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// maxProducts bounds the order of derivatives by products with Jacobians.
const maxProducts = 3

// derivativesByProducts adds the derivatives that Derivatives says, of any layer.
func derivativesByProducts(s *graph.Scope, f Layer, z *gorgonia.Node, order int) (gorgonia.Nodes, error) {
	k, err := f.Forward(s, z)
	if err != nil {
		return nil, err
	}
	if k == nil || !k.Shape().Eq(z.Shape()) {
		return nil, errors.Errorf("the dynamics map %v to %v, expected the same shape", z.Shape(), shapeOf(k))
	}
	x, dx := gorgonia.Nodes{z}, gorgonia.Nodes{k}
	if s.Timed() {
		t, err := s.Time()
		if err != nil {
			return nil, err
		}
		ones := value.New(t.Dtype(), t.Shape()...)
		value.SetFloat64s(ones, slices.Repeat([]float64{1}, t.Shape().TotalSize()))
		rate, err := s.Data(ones)
		if err != nil {
			return nil, err
		}
		x, dx = append(x, t), append(dx, rate)
	}
	d := gorgonia.Nodes{k}
	for len(d) < order {
		next, err := s.JVP(d[len(d)-1], x, dx)
		if err != nil {
			return nil, errors.Wrapf(err, "derivative %d", len(d)+1)
		}
		d = append(d, next)
	}
	return d, nil
}
