package integrators

import (
	"slices"

	"gorgonia.org/gorgonia"
)

// SRK is an explicit stochastic Runge–Kutta method for equations in the sense of
// Stratonovich,
//
//	du = f(u, t) dt + g(u, t) ∘ dW,
//
// with noise of several processes, of which a step of length h takes the increments ΔW
// and, for some methods, the space–time Lévy areas
//
//	H = 1/h ∫ (W(s) - W(t) - (s - t)/h ΔW) ds    over the step,
//
// which are normal of variance h/12 and independent of ΔW. Its s stages are
//
//	y_i = u + h Σ_{j<i} A_ij f_j + Σ_{j<i} g_j (AW_ij ΔW + AH_ij H),
//	f_i = f(y_i, t + C_i h),   g_i = g(y_i, t + C_i h),
//
// and it yields
//
//	u1 = u + h Σ_i B_i f_i + Σ_i g_i (BW_i ΔW + BH_i H),
//
// and the same sum without u, with Err, ErrW and ErrH in place of the B, is its error
// estimate. Stages are evaluated where something depends on them, for the drift and for
// the diffusion by themselves.
//
// J. Foster, G. dos Reis and C. Strange, High order splitting methods for SDEs
// satisfying a commutativity condition, SIAM Journal on Numerical Analysis 62 (2024),
// 500–532, and diffrax have methods of this form.
//
// The methods of this package are shared: do not modify them.
type SRK struct {
	noisyDense

	// Name is the method's name in the literature, for example "SPaRK".
	Name string

	// Orders are those of strong convergence. With General zero the method does not
	// take general noise.
	Orders StrongOrders

	// C has s entries. Row i of A, AW and AH has i; zeros are stored.
	C         []float64
	A, AW, AH [][]float64

	// B, BW and BH have s entries, and Err, ErrW and ErrH too; these are nil for a
	// fixed-step method.
	B, BW, BH       []float64
	Err, ErrW, ErrH []float64
}

var _ Method = (*SRK)(nil)

// Stages returns the number of stages s.
func (m *SRK) Stages() int { return len(m.B) }

// Adaptive reports whether the method estimates its error, so that its step
// size can be controlled.
func (m *SRK) Adaptive() bool { return m.Err != nil }

// EstimatesStiffness returns false: no two stages of the drift have one time.
func (m *SRK) EstimatesStiffness() bool { return false }

// UsesH reports whether a step depends on the areas H.
func (m *SRK) UsesH() bool {
	all := append([][]float64{m.BH, m.ErrH}, m.AH...)
	for _, row := range all {
		if anyNonzero(row) {
			return true
		}
	}
	return false
}

// Evaluations returns how often an attempted step evaluates drift and diffusion.
func (m *SRK) Evaluations() (drift, diffusion int) {
	f, g := m.needed()
	return count(f), count(g)
}

// needed says which stages of the drift and of the diffusion something depends on.
func (m *SRK) needed() (f, g []bool) {
	s := m.Stages()
	f, g = make([]bool, s), make([]bool, s)
	for i := range s {
		f[i] = m.B[i] != 0 || m.Adaptive() && m.Err[i] != 0
		g[i] = m.BW[i] != 0 || m.BH[i] != 0 || m.Adaptive() && (m.ErrW[i] != 0 || m.ErrH[i] != 0)
	}
	for i := s - 1; i >= 0; i-- {
		if !f[i] && !g[i] {
			continue
		}
		for j := range i {
			f[j] = f[j] || m.A[i][j] != 0
			g[j] = g[j] || m.AW[i][j] != 0 || m.AH[i][j] != 0
		}
	}
	return f, g
}

func count(needed []bool) (n int) {
	for _, yes := range needed {
		if yes {
			n++
		}
	}
	return n
}

func (m *SRK) traits() traits {
	drifts, diffusions := m.Evaluations()
	t := traits{
		name:       m.Name,
		stochastic: true,
		drifts:     drifts,
		diffusions: diffusions,
		stages:     [][]float64{m.C, m.C},
		forms:      m.Orders.forms(),
		calculus:   Stratonovich,
		noise:      []chi{chiW},
		weights:    2,
	}
	if m.UsesH() {
		t.noise, t.usesZ = append(t.noise, chiH), true
	}
	return t
}

func (m *SRK) control(settings *Controller) (*stepControl, error) {
	return newSDEControl(settings, m.Orders.Commutative)
}

func (m *SRK) firstStep(h0, d1, change, hmin, hmax float64) float64 {
	return sdeFirstStep(h0, d1, change, m.Orders.Commutative, hmin, hmax)
}

// step adds one step.
func (m *SRK) step(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	var (
		s            = m.Stages()
		needF, needG = m.needed()
		f, g         = make(gorgonia.Nodes, s), make(gorgonia.Nodes, s)
		chis         = m.traits().noise
	)
	sum := func(c combination, a, w, h []float64) combination {
		c.chis = chis
		c.drift(f, a, 1)
		c.noisy(g, w, chiW)
		c.noisy(g, h, chiH)
		return c
	}
	for i := range s {
		if !needF[i] && !needG[i] {
			continue
		}
		argument := sum(startingAt(from.z), m.A[i], m.AW[i], m.AH[i])
		y, err := argument.add(b)
		if err != nil {
			return nil, err
		}
		if err := b.evaluateBoth(m.Name, i, y, m.C[i], needF[i], needG[i], f, g); err != nil {
			return nil, err
		}
	}
	result := sum(startingAt(from.z), m.B, m.BW, m.BH)
	st, err := b.finish(from.z, g[slices.Index(needG, true)], &result)
	if err != nil {
		return nil, err
	}
	st.slopes, st.weights = f, m.B
	if m.Adaptive() {
		estimate := sum(combination{}, m.Err, m.ErrW, m.ErrH)
		if err := b.estimate(st, from.z, &estimate); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// String returns the name.
func (m *SRK) String() string { return m.Name }
