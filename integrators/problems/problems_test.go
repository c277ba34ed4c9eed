package problems

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
)

// central is the fourth-order central difference formula.
var central = fd.Formula{
	Stencil:    []fd.Point{{Loc: -2, Coeff: 1. / 12}, {Loc: -1, Coeff: -8. / 12}, {Loc: 1, Coeff: 8. / 12}, {Loc: 2, Coeff: -1. / 12}},
	Derivative: 1,
	Step:       1e-4,
}

// times are inside the interval of p and, for the pulse, on its flank.
func times(p Problem) []float64 {
	at := func(x float64) float64 { return p.T0 + x*(p.T1-p.T0) }
	return []float64{at(0.05), at(0.3), at(0.495), at(0.7), at(0.99)}
}

func TestExactSolutionsSatisfyTheirEquation(t *testing.T) {
	for _, p := range all() {
		if p.Exact == nil {
			continue
		}
		y := make([]float64, len(p.Y0))
		dydt := make([]float64, len(p.Y0))
		p.Exact(p.T0, y)
		for i := range y {
			if math.Abs(y[i]-p.Y0[i]) > 1e-15 {
				t.Errorf("%s: solution starts at %v, expected %v", p.Name, y, p.Y0)
			}
		}
		for _, at := range times(p) {
			p.Exact(at, y)
			p.F(at, y, dydt)
			for i := range y {
				component := func(s float64) float64 {
					u := make([]float64, len(p.Y0))
					p.Exact(s, u)
					return u[i]
				}
				want := fd.Derivative(component, at, &fd.Settings{Formula: central})
				if math.Abs(dydt[i]-want) > 1e-6*math.Max(1, math.Abs(want)) {
					t.Errorf("%s: y%d'(%v) = %v, the solution has slope %v", p.Name, i, at, dydt[i], want)
				}
			}
		}
	}
}

// TestInvariantsArePreserved checks that the gradient of an invariant is normal
// to the field, at several states.
func TestInvariantsArePreserved(t *testing.T) {
	for _, p := range all() {
		if p.Invariant == nil {
			continue
		}
		for _, y := range [][]float64{{1, 1.2, 0.4, -1}, {0.3, 0.7, 1, 2}, {4, 0.5, -0.2, 0.1}} {
			y := y[:len(p.Y0)]
			dydt := make([]float64, len(y))
			p.F(p.T0, y, dydt)
			along := func(s float64) float64 {
				return p.Invariant(floats.AddScaledTo(make([]float64, len(y)), y, s, dydt))
			}
			if d := fd.Derivative(along, 0, &fd.Settings{Formula: central}); math.Abs(d) > 1e-9 {
				t.Errorf("%s: invariant changes at rate %v at %v, expected 0", p.Name, d, y)
			}
		}
	}
}

// TestEndsLieOnTheInvariant compares the reference values with what is conserved.
func TestEndsLieOnTheInvariant(t *testing.T) {
	for _, p := range all() {
		if p.End == nil || p.Invariant == nil {
			continue
		}
		if got, want := p.Invariant(p.End), p.Invariant(p.Y0); math.Abs(got-want) > 1e-14 {
			t.Errorf("%s: invariant is %v at the end, expected %v as at the start", p.Name, got, want)
		}
	}
}

func TestFieldsLeaveTheirStateAlone(t *testing.T) {
	for _, p := range all() {
		y := append([]float64(nil), p.Y0...)
		p.F(p.T0, y, make([]float64, len(y)))
		for i := range y {
			if y[i] != p.Y0[i] {
				t.Errorf("%s: the field changed its state to %v from %v", p.Name, y, p.Y0)
			}
		}
	}
}

// all returns All and the same problems with other parameters.
func all() []Problem {
	return append(All(), Decay(-0.5), Rotation(-3), Kepler(0), Kepler(0.9), Logistic(0.5, 0.9), VanDerPol(1), StiffCosine(2))
}
