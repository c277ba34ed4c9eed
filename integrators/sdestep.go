package integrators

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

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

func (m *SRI) traits() traits {
	f, g := m.sources()
	drifts, diffusions := m.Evaluations()
	return traits{
		name:       m.Name,
		stochastic: true,
		drifts:     drifts,
		diffusions: diffusions,
		stages:     [][]float64{evaluated(m.C0, f), evaluated(m.C1, g)},
		noise:      m.chis(),
		usesZ:      m.UsesZ(),
		weights:    2,
	}
}

// evaluated returns times of stages, 0 in place of one that is not evaluated.
func evaluated(c []float64, source []int) []float64 {
	times := make([]float64, len(c))
	for i, j := range source {
		if i == j {
			times[i] = c[i]
		}
	}
	return times
}

func (m *SRI) control(settings *Controller) (*stepControl, error) { return newSRIControl(settings, m) }

func (m *SRI) firstStep(h0, d1, change, hmin, hmax float64) float64 {
	if math.IsInf(d1, 0) || math.IsInf(change, 0) {
		return math.NaN() // a slope overflows; the probe need not, since it leaves the noise out
	}
	return sdeInitialStep(h0, d1, change, m.StrongOrder, hmin, hmax)
}

// step adds one step, whose noises are those of chis.
func (m *SRI) step(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	var (
		s      = m.Stages()
		fs, gs = m.sources()
		chis   = m.chis()
		sum    = func() combination { return combination{chis: chis, terms: []ops.NoiseTerm{{X: from.z, C: 1}}} }
		k, g   = make(gorgonia.Nodes, s), make(gorgonia.Nodes, s)
		y      = make(gorgonia.Nodes, s) // the arguments of the drift
		err    error
	)
	for i := range s {
		argument := sum()
		argument.drift(k, m.A0[i], 1)
		argument.noisy(g, m.B0[i], chiTwo)
		if y[i], err = m.stage(b, i, fs[i], b.drift, m.C0[i], argument, k); err != nil {
			return nil, err
		}
		argument = sum()
		argument.drift(k, m.A1[i], 1)
		argument.root(g, m.B1[i])
		if _, err = m.stage(b, i, gs[i], b.diffusion, m.C1[i], argument, g); err != nil {
			return nil, err
		}
	}
	result := sum()
	result.drift(k, m.Alpha, 1)
	for j, beta := range [][]float64{m.Beta1, m.Beta2, m.Beta3, m.Beta4} {
		result.noisy(g, beta, chi(j))
	}
	st := &step{slopes: k, weights: m.Alpha}
	if st.end.z, err = result.add(b); err != nil {
		return nil, err
	}
	if m.Adaptive() {
		estimate := combination{chis: chis}
		estimate.drift(k, m.Err, m.Delta)
		estimate.noisy(g, m.Beta3, chiTwo)
		estimate.noisy(g, m.Beta4, chiThree)
		e, err := estimate.add(b)
		if err != nil {
			return nil, err
		}
		if st.e, err = b.errorNorm(from.z, st.end.z, nil, gorgonia.Nodes{e}, []float64{1}); err != nil {
			return nil, err
		}
	}
	st.stages = gorgonia.Nodes{st.end.z, g[0]}
	st.s, err = b.stiffness(m.StiffStages, k, y)
	return st, err
}

// stage adds the i-th value of a field to y, that of its source if there is one
// before it, and returns the argument. Nothing is added if nothing needs it.
func (m *SRI) stage(b *stepBuilder, i, source int, field func(*gorgonia.Node, float64) (*gorgonia.Node, error), c float64, argument combination, y gorgonia.Nodes) (x *gorgonia.Node, err error) {
	switch {
	case source < 0:
		return nil, nil
	case source < i:
		y[i] = y[source]
		return nil, nil
	}
	if x, err = argument.add(b); err != nil {
		return nil, err
	}
	if y[i], err = field(x, c); err != nil {
		err = errors.Wrapf(err, "stage %d of %s", i+1, m.Name)
	}
	return x, err
}

// combination collects the terms of a sum of stages, one for each node.
type combination struct {
	chis  []chi
	terms []ops.NoiseTerm
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
func (c *combination) add(b *stepBuilder) (*gorgonia.Node, error) {
	if t := c.terms[0]; len(c.terms) == 1 && t.C == 1 && t.Scaled == 0 && t.Root == 0 && t.Noise == nil {
		return t.X, nil
	}
	return ops.NoiseComb(c.terms, b.h, b.noise)
}
