package integrators

import (
	"math"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// Tableau is an explicit Runge–Kutta method with s stages. One step of length h
// from the state u0 at time t evaluates the field f at
//
//	Y_i = u0 + h Σ_{j<i} A_ij k_j,   k_i = f(Y_i, t + C_i h),   i = 0, …, s-1
//
// and yields
//
//	u1 = u0 + h Σ_i B_i k_i
//	ũ  = h Σ_i Err_i k_i
//
// where ũ estimates the error of the step: it is, up to sign, the difference
// between u1 and the solution of the embedded method. Stages count from zero.
//
// The methods of this package are shared: do not modify them.
type Tableau struct {
	// Name is the method's name in the literature, for example "Tsit5".
	Name string

	// Order is the order p of u1. EmbeddedOrder is the order p̂ of the embedded
	// solution, 0 for a fixed-step method; the error estimate of one step is
	// O(h^(p̂+1)).
	Order, EmbeddedOrder int

	// FSAL ("first same as last") says that the last row of A equals B, so that
	// the argument of the last stage is u1 and that stage is the first of the
	// next step.
	FSAL bool

	// Beta1 and Beta2 are the exponents of the PI controller, see Controller.
	Beta1, Beta2 float64

	// StabilitySize is the length of the interval [-x, 0] in which |R(z)| ≤ 1,
	// with R the stability function of the method; 0 if not known.
	StabilitySize float64

	// StiffStages are two stages i, j with C_i = C_j whose difference estimates
	// the stiffness of the problem,
	//
	//	S = ‖k_i - k_j‖ / ‖Y_i - Y_j‖,
	//
	// Eq. 8 of Pal et al., Opening the Blackbox (2021), after section IV.2 of Hairer and
	// Wanner, Solving Ordinary Differential Equations II. Both are zero if the
	// method has no such pair.
	StiffStages [2]int

	// C has s entries. Row i of A has i entries; zeros are stored. B has s
	// entries, and so has Err, which is nil for a fixed-step method.
	C   []float64
	A   [][]float64
	B   []float64
	Err []float64

	// Dense holds the s weights of the quartic term of the dense output, see
	// DenseWeights; nil means cubic Hermite interpolation.
	Dense []float64
	// Interpolant is dense output with stages of its own, in place of the former;
	// nil if there is none.
	Interpolant *Interpolant
}

// Stages returns the number of stages s.
func (t *Tableau) Stages() int { return len(t.B) }

// Adaptive reports whether the method estimates its error, so that its step
// size can be controlled.
func (t *Tableau) Adaptive() bool { return t.Err != nil }

// EvaluationsPerStep returns how often an attempted step evaluates the field,
// accepted or not: the number of stages, one fewer if the method is FSAL. The
// first stage of the first step of an FSAL method comes on top, once.
func (t *Tableau) EvaluationsPerStep() int {
	if t.FSAL {
		return t.Stages() - 1
	}
	return t.Stages()
}

// EstimatesStiffness reports whether the method has a pair of StiffStages.
func (t *Tableau) EstimatesStiffness() bool { return t.StiffStages[0] != t.StiffStages[1] }

// methods are the methods of the package, each under its own name.
var methods = []*Tableau{Tsit5, DP5, BS3, HeunEuler, Vern7, Dopri8, Euler, Midpoint, RK4}

// aliases are the names that other libraries use, in lower case.
var aliases = map[string]*Tableau{"dopri5": DP5}

// Methods returns the names of all methods in lower case, sorted, one a method.
func Methods() []string { return namesOf(methods) }

// ByName returns the method of the given name, upper and lower case being the
// same. "dopri5" is another name of "dp5". The error of an unknown name lists
// the known ones.
func ByName(name string) (*Tableau, error) {
	if m, ok := named(methods, name); ok {
		return m, nil
	}
	if m, ok := aliases[strings.ToLower(name)]; ok {
		return m, nil
	}
	return nil, errors.Errorf("unknown method %q, expected one of %s or dopri5", name, strings.Join(Methods(), ", "))
}

// Validate checks that a tableau is an explicit Runge–Kutta method: that its
// parts have matching lengths, C_i = Σ_j A_ij, Σ B_i = 1, Σ Err_i = 0, and FSAL,
// StiffStages and the orders hold what they promise as far as that is cheap to
// see. It does not check the order of the method.
func (t *Tableau) Validate() error {
	const tol = 1e-12
	s := t.Stages()
	switch {
	case s == 0:
		return errors.Errorf("tableau %q: no stages: B is empty", t.Name)
	case len(t.C) != s || len(t.A) != s:
		return errors.Errorf("tableau %q: C has %d entries and A %d rows, expected %d as in B", t.Name, len(t.C), len(t.A), s)
	case t.Err != nil && len(t.Err) != s:
		return errors.Errorf("tableau %q: Err has %d entries, expected %d", t.Name, len(t.Err), s)
	case t.Dense != nil && len(t.Dense) != s:
		return errors.Errorf("tableau %q: Dense has %d entries, expected %d", t.Name, len(t.Dense), s)
	case t.Order < 1:
		return errors.Errorf("tableau %q: order %d, expected at least 1", t.Name, t.Order)
	case t.Adaptive() && t.EmbeddedOrder < 1:
		return errors.Errorf("tableau %q: embedded order %d, expected at least 1", t.Name, t.EmbeddedOrder)
	}
	if err := t.validateInterpolant(); err != nil {
		return err
	}
	for i, row := range t.A {
		if len(row) != i {
			return errors.Errorf("tableau %q: row %d of A has %d entries, expected %d", t.Name, i, len(row), i)
		}
		if d := floats.Sum(row) - t.C[i]; !(math.Abs(d) <= tol) {
			return errors.Errorf("tableau %q: row %d of A sums to %v, expected C[%d] = %v", t.Name, i, floats.Sum(row), i, t.C[i])
		}
	}
	if !(math.Abs(floats.Sum(t.B)-1) <= tol) {
		return errors.Errorf("tableau %q: B sums to %v, expected 1", t.Name, floats.Sum(t.B))
	}
	if !(math.Abs(floats.Sum(t.Err)) <= tol) {
		return errors.Errorf("tableau %q: Err sums to %v, expected 0", t.Name, floats.Sum(t.Err))
	}
	if t.Adaptive() {
		if err := checkEstimate(t.Name, t.Err); err != nil {
			return err
		}
	}
	if err := checkEntries(t.Name, "Dense", t.Dense, len(t.Dense)); err != nil {
		return err
	}
	if t.FSAL {
		if t.B[s-1] != 0 {
			return errors.Errorf("tableau %q: last entry of B is %v, expected 0 in an FSAL method", t.Name, t.B[s-1])
		}
		for j, a := range t.A[s-1] {
			if a != t.B[j] {
				return errors.Errorf("tableau %q: last row of A has %v at %d, expected %v as in B (FSAL)", t.Name, a, j, t.B[j])
			}
		}
	}
	for _, i := range t.StiffStages {
		if i < 0 || i >= s {
			return errors.Errorf("tableau %q: stiffness stage %d, expected 0 to %d", t.Name, i, s-1)
		}
	}
	if i, j := t.StiffStages[0], t.StiffStages[1]; t.C[i] != t.C[j] {
		return errors.Errorf("tableau %q: stiffness stages %d and %d have C = %v and %v, expected equal ones", t.Name, i, j, t.C[i], t.C[j])
	}
	return nil
}

// validateInterpolant checks that the parts of an interpolant have matching
// lengths, that C_i = Σ_j A_ij and that it ends where the method does.
func (t *Tableau) validateInterpolant() error {
	const tol = 1e-12
	p := t.Interpolant
	if p == nil {
		return nil
	}
	s, n := t.Stages(), len(p.C)
	switch {
	case t.Dense != nil:
		return errors.Errorf("tableau %q: Dense and an Interpolant, expected at most one of them", t.Name)
	case len(p.A) != n || len(p.B) != s+n:
		return errors.Errorf("tableau %q: interpolant of %d stages with %d rows of A and %d of B, expected %d and %d", t.Name, n, len(p.A), len(p.B), n, s+n)
	}
	for i, row := range p.A {
		if len(row) != s+i || !(math.Abs(floats.Sum(row)-p.C[i]) <= tol) {
			return errors.Errorf("tableau %q: row %d of A of the interpolant has %d entries of sum %v, expected %d and C = %v", t.Name, i, len(row), floats.Sum(row), s+i, p.C[i])
		}
	}
	for i, b := range p.B {
		end := 0.0
		if i < s {
			end = t.B[i]
		}
		if !(math.Abs(floats.Sum(b)-end) <= tol) {
			return errors.Errorf("tableau %q: polynomial %d of the interpolant is %v at 1, expected %v", t.Name, i, floats.Sum(b), end)
		}
	}
	return nil
}

// String returns the name.
func (m *Tableau) String() string { return m.Name }
