package integrators

// DenseNeedsEnd reports whether dense output needs the derivative f(u1, t+h) at
// the new point beyond the stages of the step. An FSAL method has it as its last
// stage. Any other method has to wait for the first stage of the next step or,
// in a last step, evaluate the field once more.
func (t *Tableau) DenseNeedsEnd() bool { return !t.FSAL }

// DenseStages returns the number of weights of DenseWeights: the number of
// stages, one more if DenseNeedsEnd.
func (t *Tableau) DenseStages() int {
	if t.DenseNeedsEnd() {
		return t.Stages() + 1
	}
	return t.Stages()
}

// DenseWeights computes the weights w_i(Θ) of the continuous solution inside a
// step from t to t+h,
//
//	u(t+Θh) = u0 + h Σ_i w_i(Θ) k_i,   0 ≤ Θ ≤ 1.
//
// If DenseNeedsEnd, the last weight belongs to the derivative f(u1, t+h).
// Outside [0, 1] the formula extrapolates.
//
// The weights are those of the cubic Hermite polynomial through both ends and
// their slopes, in which u1-u0 = h Σ B_i k_i, plus a quartic term that leaves
// the ends and their slopes alone:
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
	var (
		rest   = 1 - theta
		value  = theta * theta * (3 - 2*theta)
		first  = theta * rest * rest
		last   = -theta * theta * rest
		bubble = theta * theta * rest * rest
	)
	w = w[:0]
	for _, b := range t.B {
		w = append(w, value*b)
	}
	if t.DenseNeedsEnd() {
		w = append(w, 0)
	}
	w[0] += first
	w[len(w)-1] += last
	for i, d := range t.Dense {
		w[i] += bubble * d
	}
	return w
}
