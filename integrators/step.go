package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// step holds the nodes of one Runge–Kutta step.
type step struct {
	end    point
	e, s   *gorgonia.Node // scaled error and stiffness, nil if not estimated
	stages gorgonia.Nodes // those of the dense output

	integral *gorgonia.Node // over the step, nil if not wanted
	terms    gorgonia.Nodes // one for each regularizer
}

// step adds one step of size h from a point at time t to the graph, with the
// terms of the given regularizers. The point has a first stage, f(z, t), for a
// FSAL method, and not for another.
func (o *ODE) step(sc *graph.Scope, from point, _ gorgonia.Nodes, t, h *gorgonia.Node, rs []Regularizer) (*step, error) {
	m := o.method
	n := m.Stages()
	z, integral := from.z, integrates(rs)
	k, g := make(gorgonia.Nodes, n), make(gorgonia.Nodes, n)
	arg := make(gorgonia.Nodes, n)
	st := &step{}
	for i := range n {
		var err error
		arg[i] = z
		if i > 0 {
			if arg[i], err = advance(z, h, k, m.A[i]); err != nil {
				return nil, err
			}
		}
		switch {
		case i == 0 && m.FSAL:
			k[i], g[i] = from.k1, from.g
		case integral && (m.B[i] != 0 || i == n-1 && m.FSAL):
			k[i], g[i], err = o.evaluateIntegrand(sc, arg[i], t, h, m.C[i])
		default:
			k[i], err = o.evaluate(sc, arg[i], t, h, m.C[i])
		}
		if err != nil {
			return nil, errors.Wrapf(err, "stage %d of %s", i+1, m.Name)
		}
	}
	var err error
	if integral {
		if st.integral, err = ops.Quadrature(g, m.B, h); err != nil {
			return nil, err
		}
	}
	if m.FSAL {
		st.end = point{arg[n-1], k[n-1], g[n-1]}
	} else if st.end.z, err = advance(z, h, k, m.B); err != nil {
		return nil, err
	}
	if m.Adaptive() {
		s := &o.settings
		if st.e, err = ops.ErrorNorm(z, st.end.z, h, k, m.Err, s.AbsTol, s.RelTol); err != nil {
			return nil, err
		}
	}
	if m.EstimatesStiffness() {
		i, j := m.StiffStages[0], m.StiffStages[1]
		if st.s, err = ops.NormRatio(k[i], k[j], arg[i], arg[j]); err != nil {
			return nil, err
		}
	}
	if len(o.settings.SaveAt) > 0 {
		st.stages = k
	}
	return st, st.regularize(rs, h)
}

// regularize adds the terms of the regularizers.
func (st *step) regularize(rs []Regularizer, h *gorgonia.Node) (err error) {
	for _, r := range rs {
		var x *gorgonia.Node
		switch r.Term {
		case Error:
			x, err = ops.ErrorPerStep(st.e, h)
		case ErrorSquared:
			x, err = ops.SquaredPerStep(st.e, h)
		case Stiffness:
			x = st.s
		case Integral:
			x = st.integral
		}
		if err != nil {
			return err
		}
		st.terms = append(st.terms, x)
	}
	return nil
}

// evaluate adds f(z, t + c·h).
func (o *ODE) evaluate(sc *graph.Scope, z, t, h *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	at, err := ops.StageTime(t, h, c, z.Dtype())
	if err != nil {
		return nil, err
	}
	return o.evaluateField(o.dynamics, "dynamics", sc, z, at)
}

// advance returns z + h·Σ a_i k_i.
func advance(z, h *gorgonia.Node, k gorgonia.Nodes, a []float64) (*gorgonia.Node, error) {
	terms := []ops.Term{{X: z, C: 1}}
	for i, c := range a {
		if c != 0 {
			terms = append(terms, ops.Term{X: k[i], C: c, Scaled: true})
		}
	}
	return ops.LinComb(terms, h, nil)
}

// interpolate adds the dense output z + h·Σ w_i k_i for each of m weight
// vectors, which lie one after the other in w.
func interpolate(z, h, w *gorgonia.Node, k gorgonia.Nodes, m int) (gorgonia.Nodes, error) {
	out := make(gorgonia.Nodes, m)
	for j := range out {
		terms := []ops.Term{{X: z, C: 1}}
		for i := range k {
			terms = append(terms, ops.Term{X: k[i], C: 1, Scaled: true, Weight: j*len(k) + i + 1})
		}
		var err error
		if out[j], err = ops.LinComb(terms, h, w); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// number describes a float64 scalar that is set on the frame.
func number(name string) graph.Input {
	return graph.Input{Name: name, Dtype: tensor.Float64, Data: true}
}

// clockInput describes a clock that is set on the frame.
func clockInput() graph.Input {
	return graph.Input{Name: "t", Dtype: tensor.Float64, Shape: tensor.Shape{len(clock{})}, Data: true}
}

func (f form) state(name string) graph.Input {
	return graph.Input{Name: name, Dtype: f.dtype, Shape: tensor.Shape{f.batch, f.dim}}
}
