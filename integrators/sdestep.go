package integrators

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
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
		forms:      m.forms(),
		lone:       !m.linear(),
		noise:      m.chis(),
		usesZ:      m.UsesZ(),
		weights:    2,
	}
}

// linear reports whether the noise of a step is ΔW times diffusions that do not depend
// on it, so that no integral of two processes is missing where there are several.
func (m *SRI) linear() bool {
	return len(m.chis()) == 1 && !slices.ContainsFunc(m.B1, anyNonzero)
}

func (m *SRI) forms() []NoiseForm {
	if m.linear() {
		return []NoiseForm{Diagonal, Additive, Scalar, General, Commutative}
	}
	return []NoiseForm{Diagonal, Additive, Scalar, Commutative}
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

func (m *SRI) control(settings *Controller) (*stepControl, error) {
	return newSDEControl(settings, m.StrongOrder)
}

func (m *SRI) firstStep(h0, d1, change, hmin, hmax float64) float64 {
	return sdeFirstStep(h0, d1, change, m.StrongOrder, hmin, hmax)
}

// step adds one step, whose noises are those of chis.
func (m *SRI) step(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	var (
		s      = m.Stages()
		fs, gs = m.sources()
		chis   = m.chis()
		sum    = func() combination { c := startingAt(from.z); c.chis = chis; return c }
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
	st, err := b.finish(from.z, g[0], &result)
	if err != nil {
		return nil, err
	}
	st.slopes, st.weights = k, m.Alpha
	if m.Adaptive() {
		estimate := combination{chis: chis}
		estimate.drift(k, m.Err, m.Delta)
		estimate.noisy(g, m.Beta3, chiTwo)
		estimate.noisy(g, m.Beta4, chiThree)
		if err := b.estimate(st, from.z, &estimate); err != nil {
			return nil, err
		}
	}
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
