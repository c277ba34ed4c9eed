package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// A chi is one of the noises that a step multiplies diffusions by; see SRI.
type chi int

const (
	chiW chi = iota // ΔW
	chiOne
	chiTwo
	chiThree
)

// chis lists the noises that the method uses, in order.
func (m *SRI) chis() []chi {
	list := []chi{chiW}
	if anyNonzero(m.Beta2) {
		list = append(list, chiOne)
	}
	if m.UsesZ() {
		list = append(list, chiTwo)
	}
	if anyNonzero(m.Beta4) {
		list = append(list, chiThree)
	}
	return list
}

// step adds one step from (t, z) of size h to the graph. The noises are those of
// chis.
func (o *SDE) step(sc *graph.Scope, from point, noise gorgonia.Nodes, t, h *gorgonia.Node, rs []Regularizer) (*step, error) {
	m, z := o.method, from.z
	var (
		s        = m.Stages()
		fs, gs   = m.sources()
		k, g     = make(gorgonia.Nodes, s), make(gorgonia.Nodes, s)
		argument = make(gorgonia.Nodes, s) // of the drift
		evaluate = func(i, source int, f Dynamics, name string, c float64, terms combination, y gorgonia.Nodes) (x *gorgonia.Node, err error) {
			if source < 0 {
				return nil, nil
			}
			if source < i {
				y[i] = y[source]
				return nil, nil
			}
			if x, err = terms.add(h, noise); err != nil {
				return nil, err
			}
			if y[i], err = o.evaluate(sc, f, name, x, t, h, c); err != nil {
				err = errors.Wrapf(err, "stage %d of %s", i+1, m.Name)
			}
			return x, err
		}
		err error
	)
	for i := range s {
		terms := o.from(z)
		terms.drift(k, m.A0[i], 1)
		terms.noisy(g, m.B0[i], chiTwo)
		if argument[i], err = evaluate(i, fs[i], o.drift, "drift", m.C0[i], terms, k); err != nil {
			return nil, err
		}
		terms = o.from(z)
		terms.drift(k, m.A1[i], 1)
		terms.root(g, m.B1[i])
		if _, err = evaluate(i, gs[i], o.diffusion, "diffusion", m.C1[i], terms, g); err != nil {
			return nil, err
		}
	}
	terms := o.from(z)
	terms.drift(k, m.Alpha, 1)
	for j, beta := range [][]float64{m.Beta1, m.Beta2, m.Beta3, m.Beta4} {
		terms.noisy(g, beta, chi(j))
	}
	st := &step{}
	if st.end.z, err = terms.add(h, noise); err != nil {
		return nil, err
	}
	if m.Adaptive() {
		terms = combination{chis: terms.chis}
		terms.drift(k, m.Err, m.Delta)
		terms.noisy(g, m.Beta3, chiTwo)
		terms.noisy(g, m.Beta4, chiThree)
		e, err := terms.add(h, noise)
		if err != nil {
			return nil, err
		}
		if st.e, err = ops.ErrorNorm(z, st.end.z, nil, gorgonia.Nodes{e}, []float64{1}, o.settings.AbsTol, o.settings.RelTol); err != nil {
			return nil, err
		}
	}
	if m.EstimatesStiffness() {
		i, j := m.StiffStages[0], m.StiffStages[1]
		if st.s, err = ops.NormRatio(k[i], k[j], argument[i], argument[j]); err != nil {
			return nil, err
		}
	}
	if len(o.settings.SaveAt) > 0 {
		st.stages = gorgonia.Nodes{st.end.z, g[0]}
	}
	return st, st.regularize(rs, h)
}

// evaluate adds the value of the drift or the diffusion at (z, t + c·h).
func (o *SDE) evaluate(sc *graph.Scope, f Dynamics, name string, z, t, h *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	at, err := ops.StageTime(t, h, c, z.Dtype())
	if err != nil {
		return nil, err
	}
	return o.evaluateField(f, name, sc, z, at)
}

// combination collects the terms of a sum of stages, one for each node.
type combination struct {
	chis  []chi
	terms []ops.NoiseTerm
}

// from returns the sum that is z.
func (o *SDE) from(z *gorgonia.Node) combination {
	return combination{chis: o.chis, terms: []ops.NoiseTerm{{X: z, C: 1}}}
}

// term returns the term of x, to be changed.
func (c *combination) term(x *gorgonia.Node) *ops.NoiseTerm {
	for i := range c.terms {
		if c.terms[i].X == x {
			return &c.terms[i]
		}
	}
	c.terms = append(c.terms, ops.NoiseTerm{X: x})
	return &c.terms[len(c.terms)-1]
}

// drift adds h·factor·Σ a_i k_i.
func (c *combination) drift(k gorgonia.Nodes, a []float64, factor float64) {
	for i, w := range a {
		if w != 0 {
			c.term(k[i]).Scaled += factor * w
		}
	}
}

// root adds √h·Σ b_i g_i.
func (c *combination) root(g gorgonia.Nodes, b []float64) {
	for i, w := range b {
		if w != 0 {
			c.term(g[i]).Root += w
		}
	}
}

// noisy adds x ⊙ Σ b_i g_i for the noise x.
func (c *combination) noisy(g gorgonia.Nodes, b []float64, x chi) {
	for i, w := range b {
		if w == 0 {
			continue
		}
		t := c.term(g[i])
		if t.Noise == nil {
			t.Noise = make([]float64, len(c.chis))
		}
		for j, y := range c.chis {
			if x == y {
				t.Noise[j] += w
			}
		}
	}
}

// add adds the sum to the graph. A sum that is z alone is z itself; dynamics may
// return z too, whose multiples are then part of its term.
func (c *combination) add(h *gorgonia.Node, noise gorgonia.Nodes) (*gorgonia.Node, error) {
	if t := c.terms[0]; len(c.terms) == 1 && t.C == 1 && t.Scaled == 0 && t.Root == 0 && t.Noise == nil {
		return t.X, nil
	}
	return ops.NoiseComb(c.terms, h, noise)
}
