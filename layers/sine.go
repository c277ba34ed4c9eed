package layers

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Sin is the layer sin x, elementwise.
type Sin struct{}

var _ Taylor = Sin{}

// Forward takes the sine.
func (Sin) Forward(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) { return ops.Sin(x) }

// Series expands sine and cosine together: (sin x)' = x'·cos x, (cos x)' =
// −x'·sin x.
func (Sin) Series() (Series, error) {
	var x *gorgonia.Node
	var dx, sin, cos gorgonia.Nodes
	return func(_ *graph.Scope, next *gorgonia.Node) (*gorgonia.Node, error) {
		if x == nil {
			x = next
			y, err := ops.Sin(x)
			sin = gorgonia.Nodes{y}
			return y, err
		}
		// The cosine is always one derivative behind.
		if cos == nil {
			c, err := ops.Cos(x)
			if err != nil {
				return nil, err
			}
			cos = gorgonia.Nodes{c}
		} else if err := extend(&cos, leibniz(-1, dx, sin[:len(dx)])); err != nil {
			return nil, err
		}
		dx = append(dx, next)
		err := extend(&sin, leibniz(1, dx, cos))
		return sin[len(sin)-1], err
	}, nil
}
