package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// differences adds, with g_j what process j drives at z, and ΔW the first noise,
//
//	Σ_j ΔW_j (g(z + √h g_j, t) - g(z, t))
//
// or, if they are to be central, with g(z - √h g_j, t) in place of g(z, t): √h times the
// derivatives of the diffusion along itself, of the form of the diffusion g at z. Where
// every entry has a process of its own the sum is one product by entries, which for
// noise that is not commutative mixes processes up. It is none for additive noise, whose
// differences are zero.
func (b *stepBuilder) differences(z, g *gorgonia.Node, central bool) (gorgonia.Nodes, error) {
	e := &b.solver.equation
	if e.Form == Additive {
		return nil, nil
	}
	columns, err := b.columns(g, z.Shape()[1])
	if err != nil {
		return nil, err
	}
	var sum *gorgonia.Node
	for j, along := range columns {
		plus, err := b.shifted(z, along, 1)
		if err != nil {
			return nil, err
		}
		minus := g
		if central {
			if minus, err = b.shifted(z, along, -1); err != nil {
				return nil, err
			}
		}
		dw := b.noise[0]
		if len(columns) > 1 {
			if dw, err = ops.Block(dw, 0, dw.Shape()[0], j, j+1); err != nil {
				return nil, err
			}
		}
		if e.elementwise() {
			terms := []ops.NoiseTerm{{X: plus, Noise: []float64{1}}, {X: minus, Noise: []float64{-1}}}
			sum, err = ops.NoiseComb(terms, b.h, gorgonia.Nodes{dw})
		} else {
			factors := []ops.NoiseFactor{{X: plus, Noise: []float64{1}}, {X: minus, Noise: []float64{-1}}}
			sum, err = ops.NoiseProduct(sum, factors, gorgonia.Nodes{dw})
		}
		if err != nil {
			return nil, err
		}
	}
	return gorgonia.Nodes{sum}, nil
}

// shifted adds the diffusion at z + c·√h·g and the time t.
func (b *stepBuilder) shifted(z, g *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	y, err := ops.NoiseComb([]ops.NoiseTerm{{X: z, C: 1}, {X: g, Root: c}}, b.h, nil)
	if err != nil {
		return nil, err
	}
	return b.diffusion(y, 0)
}
