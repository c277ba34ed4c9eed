package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// In returns the equation in the sense of c, whose solutions are the same: itself if
// that is its sense, and else one of another drift. An equation in the sense of
// Stratonovich of drift f and one in that of Itô of drift f + c have one solution if
//
//	c_k = 1/2 Σ_j Σ_i g_ij ∂g_kj/∂z_i,
//
// with g_ij what process j drives entry i by (Kloeden and Platen, 1992, section 4.9).
// Each j takes one product of the Jacobian of the diffusion with a direction
// (graph.Scope.JVP), so the diffusion has to be made of what can be differentiated
// twice, and thrice if the solution is differentiated. Diagonal noise takes one for every
// entry of the state, and Commutative noise of as many processes, whose entry i depends
// on entry i alone, one for all. Where the diffusion is dense, think of which sense is
// meant before training, and convert to compare.
func (e Equation) In(c Calculus) Equation {
	from := e
	e.Calculus = c
	if from.Calculus == c || from.Form == Additive || from.Diffusion == nil || from.Drift == nil {
		return e
	}
	sign := 1.0
	if c == Stratonovich {
		sign = -1
	}
	e.Drift = func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		f, err := from.Drift(s, z)
		if err != nil {
			return nil, err
		}
		if err := fits("drift", z, f); err != nil {
			return nil, err
		}
		correction, err := from.correction(s, z)
		if err != nil {
			return nil, errors.Wrapf(err, "drift in the sense of %v", c)
		}
		return ops.LinComb([]ops.Term{{X: f, C: 1}, {X: correction, C: sign}}, nil, nil)
	}
	return e
}

// correction adds c, by which the drifts in the two senses differ.
func (e *Equation) correction(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	g, err := e.Diffusion(s, z)
	if err != nil {
		return nil, errors.Wrap(err, "diffusion")
	}
	if err := e.fitsNoise(z, g); err != nil {
		return nil, err
	}
	along, err := s.Linearize(g, z)
	if err != nil {
		return nil, errors.Wrap(err, "diffusion")
	}
	dim := z.Shape()[1]
	m := e.processes(dim)
	if m == 1 || e.elementwise() && e.Form == Commutative {
		d, err := along(g)
		if err != nil {
			return nil, err
		}
		return ops.LinComb([]ops.Term{{X: d, C: 0.5}}, nil, nil)
	}
	var sum *gorgonia.Node
	for j := range m {
		pick, err := unitRows(s, z, m, j, m)
		if err != nil {
			return nil, err
		}
		if sum, err = e.addAlong(sum, g, pick, along); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

// addAlong adds to a sum, nil at first, half of the derivative of what a process drives
// along itself. The rows of pick are unit vectors, one at the process.
func (e *Equation) addAlong(sum, g, pick *gorgonia.Node, along func(...*gorgonia.Node) (*gorgonia.Node, error)) (*gorgonia.Node, error) {
	if !e.elementwise() {
		column, err := ops.NoiseProduct(nil, []ops.NoiseFactor{{X: g, Noise: []float64{1}}}, gorgonia.Nodes{pick})
		if err != nil {
			return nil, err
		}
		d, err := along(column)
		if err != nil {
			return nil, err
		}
		return ops.NoiseProduct(sum, []ops.NoiseFactor{{X: d, Noise: []float64{0.5}}}, gorgonia.Nodes{pick})
	}
	column, err := ops.ProductSum([]ops.Product{{C: 1, X: g, Y: pick}})
	if err != nil {
		return nil, err
	}
	d, err := along(column)
	if err != nil {
		return nil, err
	}
	terms := []ops.Product{{C: 0.5, X: d, Y: pick}}
	if sum != nil {
		terms = append(terms, ops.Product{C: 1, X: sum})
	}
	return ops.ProductSum(terms)
}
