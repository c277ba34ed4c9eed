package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

func (m *Rosenbrock) traits() traits {
	return traits{
		name:     m.Name,
		implicit: true,
		fsal:     m.FSAL,
		drifts:   m.EvaluationsPerStep(),
		stages:   [][]float64{m.C},
		weights:  2 + len(m.Dense),
	}
}

// control starts step size control with the exponents β1 = 7/10p and β2 = 2/5p for the
// order p, as in OrdinaryDiffEq.jl, and as there a step is kept where it would shrink
// by a sixth at most.
func (m *Rosenbrock) control(settings *Controller) (*stepControl, error) {
	var c Controller
	if settings != nil {
		c = *settings
	}
	if c.Steady == 0 {
		c.Steady = 6.0 / 5
	}
	p := float64(m.Order)
	return newStepControl(&c, float64(min(m.Order, m.EmbeddedOrder)+1), 7/(10*p), 2/(5*p))
}

func (m *Rosenbrock) firstStep(h0, d1, change, hmin, hmax float64) float64 {
	return initialStep(h0, d1, change, float64(m.Order), hmin, hmax)
}

// step adds one step. Its linear systems are those of the method times h, so that
// nothing is divided by h.
func (m *Rosenbrock) step(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	z := from.z
	k, jacobian, rate, err := b.linearize(z)
	if err != nil {
		return nil, errors.Wrap(err, m.Name)
	}
	if m.FSAL {
		k = from.k1
	}
	system, err := m.newSystem(b, z, jacobian, rate)
	if err != nil {
		return nil, err
	}
	var u gorgonia.Nodes
	y := z // the argument of the stage
	for i := range m.B {
		if i > 0 {
			if y, err = sum(z, u, m.A[i]); err != nil {
				return nil, err
			}
			if k, err = b.drift(y, m.C[i]); err != nil {
				return nil, errors.Wrapf(err, "stage %d of %s", i+1, m.Name)
			}
		}
		x, err := system.solve(b, k, u, m.Coupling[i], m.D[i])
		if err != nil {
			return nil, err
		}
		u = append(u, x)
	}
	st := &step{}
	if m.FSAL {
		st.end = point[*gorgonia.Node]{z: y, k1: k}
	} else if st.end.z, err = sum(z, u, m.B); err != nil {
		return nil, err
	}
	if st.e, err = b.errorNorm(z, st.end.z, nil, u, m.Err); err != nil {
		return nil, err
	}
	counted := b.solver.settings.ErrorColumns
	if counted == 0 {
		counted = z.Shape()[1]
	}
	infNorm := ops.InfNorm
	if b.perRow() {
		infNorm = ops.RowInfNorm
	}
	if st.s, err = infNorm(jacobian, counted); err != nil {
		return nil, err
	}
	if b.solver.saves() {
		st.stages, err = m.denseStages(st.end.z, u)
	}
	return st, err
}

// sum adds z + Σ a_i u_i, or without z the sum alone.
func sum(z *gorgonia.Node, u gorgonia.Nodes, a []float64) (*gorgonia.Node, error) {
	var terms []ops.Term
	if z != nil {
		terms = append(terms, ops.Term{X: z, C: 1})
	}
	for i, c := range a {
		if c != 0 {
			terms = append(terms, ops.Term{X: u[i], C: c})
		}
	}
	return ops.LinComb(terms, nil, nil)
}

// linearSystem is that of all stages of a step, times its size: the factors of I/γ - hJ
// and h ∂f/∂t.
type linearSystem struct {
	lu   *ops.LU
	rate *gorgonia.Node // nil if f does not depend on time
}

func (m *Rosenbrock) newSystem(b *stepBuilder, z, jacobian, rate *gorgonia.Node) (*linearSystem, error) {
	dim := z.Shape()[1]
	identity, err := b.ones(z, dim*dim, 0, dim+1)
	if err != nil {
		return nil, err
	}
	w, err := ops.LinComb([]ops.Term{{X: identity, C: 1 / m.Gamma}, {X: jacobian, C: -1, Scaled: true}}, b.h, nil)
	if err != nil {
		return nil, err
	}
	s := &linearSystem{}
	if s.lu, err = ops.Factorize(w); err != nil || rate == nil {
		return s, err
	}
	s.rate, err = ops.LinComb([]ops.Term{{X: rate, C: 1, Scaled: true}}, b.h, nil)
	return s, err
}

// solve adds the U of a stage of slope k, given those of the stages before.
func (s *linearSystem) solve(b *stepBuilder, k *gorgonia.Node, u gorgonia.Nodes, coupling []float64, d float64) (*gorgonia.Node, error) {
	terms := []ops.Term{{X: k, C: 1, Scaled: true}}
	for j, c := range coupling {
		if c != 0 {
			terms = append(terms, ops.Term{X: u[j], C: c})
		}
	}
	if s.rate != nil && d != 0 {
		terms = append(terms, ops.Term{X: s.rate, C: d, Scaled: true})
	}
	right, err := ops.LinComb(terms, b.h, nil)
	if err != nil {
		return nil, err
	}
	return s.lu.Solve(right)
}
