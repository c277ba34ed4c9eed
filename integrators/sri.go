package integrators

import "slices"

// SRI is an explicit stochastic Runge–Kutta method of Rößler's type for Itô
// equations with diagonal noise,
//
//	du_n = f_n(u, t) dt + g_n(u, t) dW_n,
//
// in which every entry n of the state has a Wiener process of its own, or one process
// drives all entries of a row. The order is that of commutative noise: where g_n
// depends on other entries than u_n, as a dense layer does, it is 1/2, whatever the
// method. One that takes ΔW alone, as EulerMaruyama, solves with noise of any form. A
// step of length h from the state u at time t takes two independent normal variables of
// variance h for every process, ΔW and ΔZ, and from them
//
//	χ1 = (ΔW² - h) / 2√h                which is I(1,1)/√h,
//	χ2 = (ΔW + ΔZ/√3) / 2               which is I(1,0)/h,
//	χ3 = (ΔW³ - 3hΔW) / 6h              which is I(1,1,1)/h,
//
// where I are the iterated Itô integrals of the Wiener process over the step.
// With products between entries, its s stages are
//
//	H0_i = u + h Σ_{j<i} A0_ij k_j + χ2 Σ_{j<i} B0_ij g_j,   k_i = f(H0_i, t + C0_i h),
//	H1_i = u + h Σ_{j<i} A1_ij k_j + √h Σ_{j<i} B1_ij g_j,   g_i = g(H1_i, t + C1_i h),
//
// and it yields
//
//	E2 = χ2 Σ_i Beta3_i g_i + χ3 Σ_i Beta4_i g_i
//	u1 = u + h Σ_i Alpha_i k_i + ΔW Σ_i Beta1_i g_i + χ1 Σ_i Beta2_i g_i + E2
//	E1 = h Σ_i Err_i k_i
//
// The error estimate of the step is Delta·E1 + E2. It bounds, rather than
// approximates, the error of the step: E1 is a sum of drifts, not a difference of
// two solutions, and of first order in h. Tolerances of adaptive methods for
// SDEs are therefore far larger than those for ODEs. Stages count from zero.
//
// A. Rößler, Runge–Kutta methods for the strong approximation of solutions of
// stochastic differential equations, SIAM Journal on Numerical Analysis 48
// (2010), 922–952. Error estimate: C. Rackauckas and Q. Nie, Adaptive methods for
// stochastic differential equations via natural embeddings and rejection sampling
// with memory, Discrete and Continuous Dynamical Systems B 22 (2017), 2731–2761.
//
// The methods of this package are shared: do not modify them.
type SRI struct {
	noisyDense

	// Name is the method's name in the literature, for example "SOSRI".
	Name string

	// StrongOrder is the order γ of strong convergence, E|u_N - u(T)| = O(h^γ).
	StrongOrder float64

	// StiffStages are two drift stages i, j with C0_i = C0_j whose difference
	// estimates the stiffness of the drift,
	//
	//	S = ‖k_i - k_j‖ / ‖H0_i - H0_j‖,
	//
	// as for a Tableau. Both are zero if the method has no such pair.
	StiffStages [2]int

	// C0 and C1 have s entries, the first of which are 0. Row i of A0, A1, B0 and
	// B1 has i entries; zeros are stored.
	C0, C1         []float64
	A0, A1, B0, B1 [][]float64

	// Alpha and Beta1 to Beta4 have s entries.
	Alpha, Beta1, Beta2, Beta3, Beta4 []float64

	// Err has s entries; it is nil for a fixed-step method. Delta is the weight of
	// E1 in the error estimate.
	Err   []float64
	Delta float64
}

// Stages returns the number of stages s, evaluated or not.
func (m *SRI) Stages() int { return len(m.Alpha) }

// Adaptive reports whether the method estimates its error, so that its step
// size can be controlled.
func (m *SRI) Adaptive() bool { return m.Err != nil }

// EstimatesStiffness reports whether the method has a pair of StiffStages.
func (m *SRI) EstimatesStiffness() bool { return m.StiffStages[0] != m.StiffStages[1] }

// UsesZ reports whether a step depends on ΔZ.
func (m *SRI) UsesZ() bool {
	if anyNonzero(m.Beta3) {
		return true
	}
	return slices.ContainsFunc(m.B0, anyNonzero)
}

// Evaluations returns how often an attempted step evaluates drift and diffusion,
// accepted or not: the numbers of different stages that its result, its error
// estimate or another such stage depends on.
func (m *SRI) Evaluations() (drift, diffusion int) {
	k, g := m.sources()
	return countOwn(k), countOwn(g)
}

// countOwn returns the number of stages that are their own source.
func countOwn(source []int) int {
	n := 0
	for i, j := range source {
		if i == j {
			n++
		}
	}
	return n
}

// sources says where each stage comes from: drift[i] is the first stage with the
// same argument and time as drift stage i, which is i itself if the drift is to
// be evaluated there, or -1 if nothing depends on it; likewise diffusion, on whose
// first stage states between the ends of steps depend.
func (m *SRI) sources() (drift, diffusion []int) {
	s := m.Stages()
	drift, diffusion = make([]int, s), make([]int, s)
	needK, needG := make([]bool, s), make([]bool, s)
	for i := range s {
		needK[i] = m.Alpha[i] != 0 || m.Err != nil && m.Err[i] != 0
		needG[i] = i == 0 || m.Beta1[i] != 0 || m.Beta2[i] != 0 || m.Beta3[i] != 0 || m.Beta4[i] != 0
	}
	for i := s - 1; i >= 0; i-- {
		drift[i] = source(needK, needG, i, m.C0, m.A0, m.B0)
		diffusion[i] = source(needG, needK, i, m.C1, m.B1, m.A1)
	}
	return drift, diffusion
}

// source returns the source of stage i, whose argument adds the stages of its own
// kind with the weights of own and those of the other kind with those of other.
// It marks what stage i needs in turn.
func source(needOwn, needOther []bool, i int, c []float64, own, other [][]float64) int {
	if !needOwn[i] {
		return -1
	}
	for j := range i {
		if c[i] == c[j] && sameWeights(own[i], own[j]) && sameWeights(other[i], other[j]) {
			needOwn[j] = true
			return j
		}
	}
	for j := range i {
		needOwn[j] = needOwn[j] || own[i][j] != 0
		needOther[j] = needOther[j] || other[i][j] != 0
	}
	return i
}

// sameWeights reports whether a row of weights continues a shorter one by zeros.
func sameWeights(long, short []float64) bool {
	n := len(short)
	return slices.Equal(long[:n], short) && !anyNonzero(long[n:])
}

func anyNonzero(x []float64) bool {
	return slices.ContainsFunc(x, func(v float64) bool { return v != 0 })
}

// String returns the name.
func (m *SRI) String() string { return m.Name }
