package integrators

import (
	"strings"

	"github.com/pkg/errors"
)

// Rosenbrock is a linearly implicit Runge–Kutta method with s stages for stiff
// ordinary equations. One step of length h from the state u0 at time t takes the
// Jacobian J = ∂f/∂u and the slope T = ∂f/∂t at (u0, t), solves s linear systems with
// the one matrix W = I/(hγ) - J,
//
//	Y_i   = u0 + Σ_{j<i} A_ij U_j
//	W U_i = f(Y_i, t + C_i h) + Σ_{j<i} (Coupling_ij/h) U_j + h D_i T,   i = 0, …, s-1
//
// and yields
//
//	u1 = u0 + Σ_i B_i U_i
//	ũ  = Σ_i Err_i U_i
//
// where ũ estimates the error of the step: it is, up to sign, the difference between
// u1 and the solution of the embedded method. Stages count from zero. It evaluates
// the field as often as an explicit method and needs no iteration.
//
// This is the form of section IV.7 of Hairer and Wanner, Solving Ordinary
// Differential Equations II, which has no product with J. The method in its classical
// form, with h k_i in place of U_i, has the matrices of Classical.
//
// The methods of this package are shared: do not modify them.
type Rosenbrock struct {
	// Name is the method's name in the literature, for example "Rodas5P".
	Name string

	// Order is the order p of u1, EmbeddedOrder that of the embedded solution, which
	// may be the higher one. The error estimate of one step is O(h^q) with q one more
	// than the lower of the two.
	Order, EmbeddedOrder int

	// FSAL ("first same as last") says that the last row of A equals B, so that the
	// argument of the last stage is u1 and its slope that of the first stage of the
	// next step.
	FSAL bool

	// Gamma is γ.
	Gamma float64

	// C, D, B and Err have s entries. Row i of A and of Coupling has i entries; zeros are
	// stored.
	C, D        []float64
	A, Coupling [][]float64
	B, Err      []float64

	// Dense has rows of s entries, the coefficients H of the dense output
	//
	//	u(t+Θh) = (1-Θ) u0 + Θ (u1 + (1-Θ) Σ_r Θ^r Σ_i Dense_ri U_i),   r = 0, 1, …
	Dense [][]float64
	// DenseOrder is the order of u(t+Θh) for every Θ.
	DenseOrder int
}

// Stages returns the number of stages s.
func (m *Rosenbrock) Stages() int { return len(m.B) }

// Adaptive reports that the method estimates its error.
func (m *Rosenbrock) Adaptive() bool { return true }

// EvaluationsPerStep returns how often an attempted step evaluates the field,
// accepted or not: the number of stages, one fewer if the method is FSAL. The Jacobian
// and ∂f/∂t, of which it takes one each, are not counted.
func (m *Rosenbrock) EvaluationsPerStep() int {
	if m.FSAL {
		return m.Stages() - 1
	}
	return m.Stages()
}

// EstimatesStiffness reports that the method knows the stiffness of the dynamics: it
// is the largest sum of the absolute values of a row of the Jacobian at the start of
// the step, ‖J‖∞.
func (m *Rosenbrock) EstimatesStiffness() bool { return true }

// Classical returns the coefficients of the classical form of the method,
//
//	k_i = f(u0 + h Σ_{j<i} α_ij k_j, t + C_i h) + h J Σ_{j≤i} Γ_ij k_j + h D_i T
//	u1  = u0 + h Σ_i b_i k_i,   ũ = h Σ_i e_i k_i
//
// in which U = h Γ k: Γ⁻¹ = I/γ - Coupling, α = A Γ, b = B Γ and e = Err Γ. Row i of α
// and of Γ has s entries.
func (m *Rosenbrock) Classical() (alpha, gamma [][]float64, b, e []float64) {
	s := m.Stages()
	gamma = make([][]float64, s)
	for i := range gamma {
		// (I/γ - Coupling) Γ = I, row by row: Γ_i = γ (e_i + Σ_{j<i} Coupling_ij Γ_j).
		gamma[i] = times(m.Coupling[i], gamma, s)
		gamma[i][i]++
		for j := range gamma[i] {
			gamma[i][j] *= m.Gamma
		}
	}
	for _, row := range m.A {
		alpha = append(alpha, times(row, gamma, s))
	}
	return alpha, gamma, times(m.B, gamma, s), times(m.Err, gamma, s)
}

// times returns the product of a row and of the first rows of a matrix of s columns.
func times(row []float64, a [][]float64, s int) []float64 {
	x := make([]float64, s)
	for j, c := range row {
		for k, v := range a[j] {
			x[k] += c * v
		}
	}
	return x
}

// stiffMethods are the methods of the package for stiff equations, each under its own
// name.
var stiffMethods = []*Rosenbrock{Rosenbrock23, Rodas5P}

// StiffMethods returns the names of all methods for stiff equations in lower case,
// sorted.
func StiffMethods() []string { return namesOf(stiffMethods) }

// StiffByName returns the method for stiff equations of the given name, upper and
// lower case being the same. The error of an unknown name lists the known ones.
func StiffByName(name string) (*Rosenbrock, error) {
	if m, ok := named(stiffMethods, name); ok {
		return m, nil
	}
	return nil, errors.Errorf("unknown method %q for stiff equations, expected one of %s", name, strings.Join(StiffMethods(), ", "))
}

// String returns the name.
func (m *Rosenbrock) String() string { return m.Name }
