package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// noisyDense is the dense output of every method for stochastic equations.
type noisyDense struct{}

func (noisyDense) denseWeights(theta float64, w []float64) { w[0], w[1] = 1-theta, theta }

// interpolate adds straight lines from z to the end of the step, stages[0], and to
// them the diffusion at the start or nearest to it, stages[1], times what the path is
// beyond its own straight line:
//
//	z(t + θh) = (1 - θ) z + θ z₁ + g(z, t) (W(t + θh) - W(t) - θ ΔW)
func (noisyDense) interpolate(b *stepBuilder, z *gorgonia.Node, stages gorgonia.Nodes, w *gorgonia.Node, noise gorgonia.Nodes, n int) (gorgonia.Nodes, error) {
	inside := *b
	out := make(gorgonia.Nodes, n)
	for j := range out {
		line, err := ops.LinComb([]ops.Term{{X: z, C: 1, Weight: 2*j + 1}, {X: stages[0], C: 1, Weight: 2*j + 2}}, nil, w)
		if err != nil {
			return nil, err
		}
		inside.noise = noise[j : j+1]
		sum := combination{terms: []ops.NoiseTerm{{X: line, C: 1}, {X: stages[1], Noise: []float64{1}}}}
		if out[j], err = sum.add(&inside); err != nil {
			return nil, err
		}
	}
	return out, nil
}
