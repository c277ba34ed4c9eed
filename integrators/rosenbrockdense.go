package integrators

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// denseStages adds what the dense output takes: the end of the step and K_r = Σ
// Dense_ri U_i.
func (m *Rosenbrock) denseStages(end *gorgonia.Node, u gorgonia.Nodes) (gorgonia.Nodes, error) {
	stages := gorgonia.Nodes{end}
	for _, row := range m.Dense {
		k, err := sum(nil, u, row)
		if err != nil {
			return nil, err
		}
		stages = append(stages, k)
	}
	return stages, nil
}

func (m *Rosenbrock) denseWeights(theta float64, w []float64) {
	w[0], w[1] = 1-theta, theta
	for r := range m.Dense {
		w[2+r] = (1 - theta) * math.Pow(theta, float64(r+1))
	}
}

// interpolate adds the states (1-Θ) z + Θ z1 + (1-Θ) Σ Θ^(r+1) K_r.
func (m *Rosenbrock) interpolate(b *stepBuilder, z *gorgonia.Node, stages gorgonia.Nodes, w *gorgonia.Node, _ gorgonia.Nodes, n int) (gorgonia.Nodes, error) {
	out := make(gorgonia.Nodes, n)
	for j := range out {
		var terms []ops.Term
		for _, x := range append(gorgonia.Nodes{z}, stages...) {
			terms = append(terms, ops.Term{X: x, C: 1, Weight: j*(len(stages)+1) + len(terms) + 1})
		}
		var err error
		if out[j], err = ops.LinComb(terms, nil, w); err != nil {
			return nil, err
		}
	}
	return out, nil
}
