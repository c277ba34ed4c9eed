package robertson

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
)

// LogTime returns the dynamics of du/dt = f(u) in the logarithm of the time: with τ = ln t
//
//	du/dτ = e^τ f(u)
//
// stiff_node solves by it, from ln 10⁻⁹ to ln 10⁵, unless -clock is seconds.
func LogTime(f layers.Layer) layers.Layer {
	return layers.LayerFunc(func(s *graph.Scope, u *gorgonia.Node) (*gorgonia.Node, error) {
		slope, err := f.Forward(s, u)
		if err != nil {
			return nil, err
		}
		tau, err := s.Time()
		if err != nil {
			return nil, err
		}
		t, err := gorgonia.Exp(tau)
		if err != nil {
			return nil, err
		}
		return gorgonia.Mul(slope, t)
	})
}
