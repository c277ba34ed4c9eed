package integrators

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// step holds the nodes of one step.
type step struct {
	end    point[*gorgonia.Node]
	e, s   *gorgonia.Node // scaled error and stiffness, nil if not estimated
	stages gorgonia.Nodes // stages of the dense output, none if it is not needed

	slopes     gorgonia.Nodes   // drifts at the stages, nil where they are not evaluated
	weights    []float64        // weights of the slopes in the end of the step
	integrals  []int            // indices of the integrals that are wanted
	integrands []gorgonia.Nodes // the integrands of these at each stage, none where they are not evaluated
	terms      gorgonia.Nodes   // one for each regularizer
}

// addStep adds one step from a point to a graph, with the terms of the regularizers
// of b. The point has a first stage for a FSAL method, and not for another.
func (s *Solver) addStep(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	st, err := s.method.step(b, from)
	if err != nil {
		return nil, err
	}
	if !s.saves() {
		st.stages = nil
	}
	for _, r := range b.regularizers {
		x, err := terms[r.Term].add(b, st, r.Index)
		if err != nil {
			return nil, err
		}
		st.terms = append(st.terms, x)
	}
	return st, nil
}

// integral adds what the integral of an index grows by over a step of size h.
func (st *step) integral(index int, h *gorgonia.Node) (*gorgonia.Node, error) {
	j, g := slices.Index(st.integrals, index), make(gorgonia.Nodes, len(st.integrands))
	for i, at := range st.integrands {
		if at != nil {
			g[i] = at[j]
		}
	}
	return st.integrate(g, h)
}

// integrate adds what the integral of a scalar grows by over a step of size h, from
// its values at the stages.
func (st *step) integrate(g gorgonia.Nodes, h *gorgonia.Node) (*gorgonia.Node, error) {
	return ops.Quadrature(g, st.weights, h)
}

// advance adds z + h·Σ a_i k_i.
func advance(z, h *gorgonia.Node, k gorgonia.Nodes, a []float64) (*gorgonia.Node, error) {
	terms := []ops.Term{{X: z, C: 1}}
	for i, c := range a {
		if c != 0 {
			terms = append(terms, ops.Term{X: k[i], C: c, Scaled: true})
		}
	}
	return ops.LinComb(terms, h, nil)
}
