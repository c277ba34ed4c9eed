package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

func (m *Tableau) traits() traits {
	return traits{
		name:    m.Name,
		fsal:    m.FSAL,
		drifts:  m.EvaluationsPerStep(),
		stages:  [][]float64{m.C},
		weights: m.DenseStages(),
		extra:   m.DenseEvaluations(),
	}
}

func (m *Tableau) control(settings *Controller) (*stepControl, error) {
	return newStepControl(settings, float64(m.EmbeddedOrder+1), m.Beta1, m.Beta2)
}

func (m *Tableau) firstStep(h0, d1, change, hmin, hmax float64) float64 {
	return initialStep(h0, d1, change, float64(m.Order), hmin, hmax)
}

// step adds one step, with the integrands if there are integrals among the
// regularizers.
func (m *Tableau) step(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	n := m.Stages()
	z, integrals := from.z, integralsOf(b.regularizers)
	k, g := make(gorgonia.Nodes, n), make([]gorgonia.Nodes, n)
	y := make(gorgonia.Nodes, n) // the arguments of the stages
	st := &step{slopes: k, weights: m.B, integrals: integrals, integrands: g}
	var err error
	for i := range n {
		y[i] = z
		if i > 0 {
			if y[i], err = advance(z, b.h, k, m.A[i]); err != nil {
				return nil, err
			}
		}
		switch {
		case i == 0 && m.FSAL:
			k[i], g[i] = from.k1, from.g
		case len(integrals) > 0 && (m.B[i] != 0 || i == n-1 && m.FSAL):
			k[i], g[i], err = b.fieldAndIntegrands(y[i], m.C[i])
		default:
			k[i], err = b.drift(y[i], m.C[i])
		}
		if err != nil {
			return nil, errors.Wrapf(err, "stage %d of %s", i+1, m.Name)
		}
	}
	if m.FSAL {
		st.end = point[*gorgonia.Node]{z: y[n-1], k1: k[n-1], g: g[n-1]}
	} else if st.end.z, err = advance(z, b.h, k, m.B); err != nil {
		return nil, err
	}
	if m.Adaptive() {
		if st.e, err = b.errorNorm(z, st.end.z, b.h, k, m.Err); err != nil {
			return nil, err
		}
	}
	st.stages = k
	st.s, err = b.stiffness(m.StiffStages, k, y)
	return st, err
}
