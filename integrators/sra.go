package integrators

import (
	"math"
	"slices"

	"gorgonia.org/gorgonia"
)

// SRA is an explicit stochastic Runge–Kutta method of Rößler's type for equations with
// additive noise,
//
//	du = f(u, t) dt + g(t) dW,
//
// of strong order 1.5. With the noise χ2 = (ΔW + ΔZ/√3)/2 of SRI, which is I(1,0)/h,
// a step of length h from the state u at time t has the s stages
//
//	H_i = u + h Σ_{j<i} A0_ij k_j + Σ_{j<i} B0_ij g_j χ2,   k_i = f(H_i, t + C0_i h),
//	                                                        g_i = g(t + C1_i h),
//
// and it yields
//
//	E2 = Σ_i Beta2_i g_i χ2
//	u1 = u + h Σ_i Alpha_i k_i + Σ_i Beta1_i g_i ΔW + E2
//	E1 = h Σ_i Err_i k_i
//
// with the error estimate Delta·E1 + E2, of which as of that of an SRI the first part
// is of first order in h. Where g is constant E2 is zero. The diffusion is evaluated
// once for each time. Additive noise may have any number of processes.
//
// A. Rößler, Runge–Kutta methods for the strong approximation of solutions of
// stochastic differential equations, SIAM Journal on Numerical Analysis 48
// (2010), 922–952. Stability-optimized methods: C. Rackauckas and Q. Nie,
// Stability-optimized high order methods and stiffness detection for pathwise stiff
// stochastic differential equations, 2020 IEEE High Performance Extreme Computing
// Conference (HPEC), 1–8.
//
// The methods of this package are shared: do not modify them.
type SRA struct {
	noisyDense

	// Name is the method's name in the literature, for example "SOSRA".
	Name string

	// StrongOrder is the order γ of strong convergence, E|u_N - u(T)| = O(h^γ).
	StrongOrder float64

	// StiffStages are two stages i, j with C0_i = C0_j whose difference estimates the
	// stiffness of the drift, S = ‖k_i - k_j‖ / ‖H_i - H_j‖. Both are zero if the method
	// has no such pair.
	StiffStages [2]int

	// C0 and C1 have s entries. Row i of A0 and B0 has i; zeros are stored.
	C0, C1 []float64
	A0, B0 [][]float64

	// Alpha, Beta1 and Beta2 have s entries.
	Alpha, Beta1, Beta2 []float64

	// Err has s entries; it is nil for a fixed-step method. Delta is the weight of
	// E1 in the error estimate.
	Err   []float64
	Delta float64
}

var _ Method = (*SRA)(nil)

// Stages returns the number of stages s.
func (m *SRA) Stages() int { return len(m.Alpha) }

// Adaptive reports whether the method estimates its error, so that its step
// size can be controlled.
func (m *SRA) Adaptive() bool { return m.Err != nil }

// EstimatesStiffness reports whether the method has a pair of StiffStages.
func (m *SRA) EstimatesStiffness() bool { return m.StiffStages[0] != m.StiffStages[1] }

// Evaluations returns how often an attempted step evaluates drift and diffusion,
// accepted or not.
func (m *SRA) Evaluations() (drift, diffusion int) {
	return m.Stages(), len(m.times())
}

// times lists the different entries of C1, in the order of stages.
func (m *SRA) times() (times []float64) {
	for _, c := range m.C1 {
		if !slices.Contains(times, c) {
			times = append(times, c)
		}
	}
	return times
}

// controlOrder is what the step size control of StochasticDiffEq.jl takes for the order
// of these methods.
const controlOrder = 2

func (m *SRA) traits() traits {
	drifts, diffusions := m.Evaluations()
	return traits{
		name:       m.Name,
		stochastic: true,
		drifts:     drifts,
		diffusions: diffusions,
		stages:     [][]float64{m.C0, m.C1},
		forms:      []NoiseForm{Additive},
		noise:      []chi{chiW, chiTwo},
		usesZ:      true,
		weights:    2,
	}
}

func (m *SRA) control(settings *Controller) (*stepControl, error) {
	return newSDEControl(settings, controlOrder)
}

func (m *SRA) firstStep(h0, d1, change, hmin, hmax float64) float64 {
	return sdeFirstStep(h0, d1, change, controlOrder, hmin, hmax)
}

// step adds one step.
func (m *SRA) step(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	var (
		s       = m.Stages()
		k, g, y = make(gorgonia.Nodes, s), make(gorgonia.Nodes, s), make(gorgonia.Nodes, s)
		chis    = m.traits().noise
		start   int // the stage whose diffusion is that nearest to the start
	)
	for i, c := range m.C1 {
		if j := slices.Index(m.C1, c); j < i {
			g[i] = g[j]
		} else if err := b.evaluateBoth(m.Name, i, from.z, c, false, true, nil, g); err != nil {
			return nil, err
		}
		if math.Abs(c) < math.Abs(m.C1[start]) {
			start = i
		}
	}
	sum := func(c combination, a []float64, factor float64, w, chi2 []float64) combination {
		c.chis = chis
		c.drift(k, a, factor)
		c.noisy(g, w, chiW)
		c.noisy(g, chi2, chiTwo)
		return c
	}
	for i := range s {
		argument := sum(startingAt(from.z), m.A0[i], 1, nil, m.B0[i])
		var err error
		if y[i], err = argument.add(b); err != nil {
			return nil, err
		}
		if err := b.evaluateBoth(m.Name, i, y[i], m.C0[i], true, false, k, nil); err != nil {
			return nil, err
		}
	}
	result := sum(startingAt(from.z), m.Alpha, 1, m.Beta1, m.Beta2)
	st, err := b.finish(from.z, g[start], &result)
	if err != nil {
		return nil, err
	}
	st.slopes, st.weights = k, m.Alpha
	if m.Adaptive() {
		estimate := sum(combination{}, m.Err, m.Delta, nil, m.Beta2)
		if err := b.estimate(st, from.z, &estimate); err != nil {
			return nil, err
		}
	}
	st.s, err = b.stiffness(m.StiffStages, k, y)
	return st, err
}

// String returns the name.
func (m *SRA) String() string { return m.Name }
