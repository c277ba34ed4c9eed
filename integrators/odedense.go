package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// Interpolant is a continuous extension of a Runge–Kutta method with s stages: it
// evaluates the field at n further stages and yields
//
//	u(t+Θh) = u0 + h Σ_i b_i(Θ) k_i,   b_i(Θ) = Σ_m B_im Θ^(m+1),   i = 0, …, s+n-1
//
// with b_i(1) = B_i of the method and slopes at 0 and 1 that are those of the
// field at the ends of the step, so that successive steps fit smoothly.
type Interpolant struct {
	// Order is that of u(t+Θh) for every Θ.
	Order int
	// C has n entries. Row i of A has s+i entries; zeros are stored. B has s+n
	// rows, the coefficients of polynomials of one degree, or none for zero.
	C []float64
	A [][]float64
	B [][]float64
}

// DenseEvaluations returns how often dense output evaluates the field in a step
// that serves save times between its ends, beyond the stages of the step: for an
// Interpolant its stages, else once, for the slope f(u1, t+h) at the new point,
// unless the method is FSAL and has it.
func (t *Tableau) DenseEvaluations() int {
	c, _ := t.denseStages()
	return len(c)
}

// denseStages returns the times and the rows of the stages of the dense output
// beyond those of the step.
func (t *Tableau) denseStages() ([]float64, [][]float64) {
	switch {
	case t.Interpolant != nil:
		return t.Interpolant.C, t.Interpolant.A
	case t.FSAL:
		return nil, nil
	}
	return []float64{1}, [][]float64{t.B}
}

// DenseStages returns the number of weights of DenseWeights: the number of
// stages and of DenseEvaluations.
func (t *Tableau) DenseStages() int { return t.Stages() + t.DenseEvaluations() }

// DenseWeights computes the weights w_i(Θ) of the continuous solution inside a
// step from t to t+h,
//
//	u(t+Θh) = u0 + h Σ_i w_i(Θ) k_i,   0 ≤ Θ ≤ 1.
//
// The last DenseEvaluations weights belong to stages of the dense output.
// Outside [0, 1] the formula extrapolates.
//
// Without an Interpolant the weights are those of the cubic Hermite polynomial
// through both ends and their slopes, in which u1-u0 = h Σ B_i k_i, plus a quartic
// term that leaves the ends and their slopes alone:
//
//	w_i(Θ) = Θ²(3-2Θ) B_i + Θ(1-Θ)² δ_{i,first} - Θ²(1-Θ) δ_{i,last} + Θ²(1-Θ)² Dense_i
//
// Hence w_i(0) = 0 and w_i(1) = B_i exactly, and the solution of successive
// steps is continuously differentiable. Both the interpolant of Tsitouras
// (2011) and that of Shampine for DP5 are of this form. Inside a step they are of
// order 4; without the quartic term the order is 3, or that of the method where
// it is less.
//
// The weights are stored in w, which is grown if it has less room than
// DenseStages, and returned.
func (t *Tableau) DenseWeights(theta float64, w []float64) []float64 {
	w = w[:0]
	if p := t.Interpolant; p != nil {
		return p.weights(theta, w)
	}
	var (
		rest   = 1 - theta
		value  = theta * theta * (3 - 2*theta)
		first  = theta * rest * rest
		last   = -theta * theta * rest
		bubble = theta * theta * rest * rest
	)
	for _, b := range t.B {
		w = append(w, value*b)
	}
	if !t.FSAL {
		w = append(w, 0)
	}
	w[0] += first
	w[len(w)-1] += last
	for i, d := range t.Dense {
		w[i] += bubble * d
	}
	return w
}

// weights appends b_i(Θ).
func (p *Interpolant) weights(theta float64, w []float64) []float64 {
	for _, b := range p.B {
		x := 0.0
		for m := len(b) - 1; m >= 0; m-- {
			x = (x + b[m]) * theta
		}
		w = append(w, x)
	}
	return w
}

func (t *Tableau) denseWeights(theta float64, w []float64) { t.DenseWeights(theta, w) }

// interpolate adds the stages of the dense output beyond those of the step, and then
// the states z + h·Σ w_i k_i.
func (t *Tableau) interpolate(b *stepBuilder, z *gorgonia.Node, stages gorgonia.Nodes, w *gorgonia.Node, _ gorgonia.Nodes, m int) (gorgonia.Nodes, error) {
	c, a := t.denseStages()
	k := append(gorgonia.Nodes(nil), stages...)
	for i := range c {
		y, err := advance(z, b.h, k, a[i])
		if err != nil {
			return nil, err
		}
		slope, err := b.drift(y, c[i])
		if err != nil {
			return nil, errors.Wrapf(err, "stage %d of the dense output of %s", i+1, t.Name)
		}
		k = append(k, slope)
	}
	out := make(gorgonia.Nodes, m)
	for j := range out {
		terms := []ops.Term{{X: z, C: 1}}
		for i := range k {
			terms = append(terms, ops.Term{X: k[i], C: 1, Scaled: true, Weight: j*len(k) + i + 1})
		}
		var err error
		if out[j], err = ops.LinComb(terms, b.h, w); err != nil {
			return nil, err
		}
	}
	return out, nil
}
