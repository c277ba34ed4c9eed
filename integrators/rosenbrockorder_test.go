package integrators

import (
	"math"
	"math/cmplx"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// rosenbrockWeights returns Φ_i(τ) of a Rosenbrock method in classical form: in the
// product over the children of a vertex, one that has a single child takes it through
// β = α + Γ, since the Jacobian makes up for what the stage misses, and one that has
// more through α (Hairer and Wanner, section IV.7).
func (τ *tree) rosenbrockWeights(alpha, beta [][]float64) []float64 {
	a := alpha
	if len(τ.children) == 1 {
		a = beta
	}
	phi := make([]float64, len(alpha))
	floats.AddConst(1, phi)
	for _, c := range τ.children {
		inner := c.rosenbrockWeights(alpha, beta)
		for i := range phi {
			phi[i] *= floats.Dot(a[i], inner)
		}
	}
	return phi
}

// rosenbrockResidual is residual for a Rosenbrock method.
func rosenbrockResidual(trees []*tree, alpha, beta [][]float64, b []float64, theta float64) (worst float64) {
	for _, τ := range trees {
		want := math.Pow(theta, float64(τ.order)) / τ.density
		worst = math.Max(worst, math.Abs(floats.Dot(b, τ.rosenbrockWeights(alpha, beta))-want))
	}
	return worst
}

// classical returns α, β = α + Γ and the weights b and e.
func classical(m *Rosenbrock) (alpha, beta [][]float64, b, e []float64) {
	alpha, gamma, b, e := m.Classical()
	for i, row := range gamma {
		floats.Add(row, alpha[i])
	}
	return alpha, gamma, b, e
}

// rosenbrockRounding is what the conditions of tables with entries up to 150, given to
// 16 digits, are off by.
const rosenbrockRounding = 2e-14

func TestRosenbrockOrderConditions(t *testing.T) {
	byOrder := trees(6)
	for _, m := range stiffMethods {
		alpha, beta, b, e := classical(m)
		embedded := make([]float64, len(b))
		floats.AddTo(embedded, b, e)
		for _, tt := range []struct {
			what    string
			weights []float64
			order   int
		}{{"solution", b, m.Order}, {"embedded solution", embedded, m.EmbeddedOrder}} {
			for r := 1; r <= tt.order; r++ {
				if d := rosenbrockResidual(byOrder[r-1], alpha, beta, tt.weights, 1); d > rosenbrockRounding {
					t.Errorf("%s: %s violates a condition of order %d by %v", m.Name, tt.what, r, d)
				}
			}
			if d := rosenbrockResidual(byOrder[tt.order], alpha, beta, tt.weights, 1); d < violated {
				t.Errorf("%s: %s satisfies the conditions of order %d up to %v: its order is higher than stated", m.Name, tt.what, tt.order+1, d)
			}
		}
	}
}

// TestRosenbrockDenseOrder checks the conditions at fractions of a step, and that the
// dense output ends where the step does.
func TestRosenbrockDenseOrder(t *testing.T) {
	byOrder := trees(6)
	for _, m := range stiffMethods {
		alpha, gamma, _, _ := m.Classical()
		beta := make([][]float64, len(alpha))
		for i := range beta {
			beta[i] = floats.AddTo(make([]float64, len(alpha)), alpha[i], gamma[i])
		}
		w := make([]float64, 2+len(m.Dense))
		higher := 0.0
		for k := range 17 {
			theta := float64(k) / 16
			m.denseWeights(theta, w)
			u := make([]float64, m.Stages()) // weights of U_i
			floats.AddScaled(u, w[1], m.B)
			for r, row := range m.Dense {
				floats.AddScaled(u, w[2+r], row)
			}
			b := times(u, gamma, m.Stages())
			for r := 1; r <= m.DenseOrder; r++ {
				if d := rosenbrockResidual(byOrder[r-1], alpha, beta, b, theta); d > rosenbrockRounding {
					t.Errorf("%s violates a condition of order %d at %v by %v", m.Name, r, theta, d)
				}
			}
			higher = math.Max(higher, rosenbrockResidual(byOrder[m.DenseOrder], alpha, beta, b, theta))
		}
		if higher < violated {
			t.Errorf("%s: dense output is of a higher order than stated", m.Name)
		}
		if m.denseWeights(0, w); w[0] != 1 || floats.Norm(w[1:], 1) != 0 {
			t.Errorf("%s: weights at 0 are %v, expected those of the start", m.Name, w)
		}
		if m.denseWeights(1, w); w[1] != 1 || w[0] != 0 || floats.Norm(w[2:], 1) != 0 {
			t.Errorf("%s: weights at 1 are %v, expected those of the end", m.Name, w)
		}
	}
}

// TestRosenbrockStability evaluates the stability function R(z) = 1 + z bᵀ(I-zβ)⁻¹1:
// the methods are A-stable and damp what is infinitely stiff.
func TestRosenbrockStability(t *testing.T) {
	for _, m := range stiffMethods {
		_, beta, b, _ := classical(m)
		r := func(z complex128) complex128 {
			k := make([]complex128, len(b))
			sum := complex128(1)
			for i := range k {
				k[i] = 1
				for j, x := range k[:i] {
					k[i] += z * complex(beta[i][j], 0) * x
				}
				k[i] /= 1 - z*complex(beta[i][i], 0)
				sum += z * complex(b[i], 0) * k[i]
			}
			return sum
		}
		for y := 0.1; y < 1000; y *= 1.1 {
			if x := cmplx.Abs(r(complex(0, y))); x > 1+1e-12 {
				t.Errorf("%s: |R(%vi)| = %v, expected at most 1", m.Name, y, x)
			}
		}
		if x := cmplx.Abs(r(-1e8)); x > 1e-6 {
			t.Errorf("%s: |R(-1e8)| = %v, expected about 0", m.Name, x)
		}
	}
}

// TestRosenbrock23IsWMethod: with any matrix in place of the Jacobian the conditions of
// order 2 hold for α alone, and the weights of Γ vanish.
func TestRosenbrock23IsWMethod(t *testing.T) {
	_, gamma, b, _ := Rosenbrock23.Classical()
	if d := floats.Dot(b, Rosenbrock23.C) - 0.5; math.Abs(d) > satisfied {
		t.Errorf("Σ b c is off by %v", d)
	}
	sum := 0.0
	for i, row := range gamma {
		sum += b[i] * floats.Sum(row)
	}
	if math.Abs(sum) > satisfied {
		t.Errorf("Σ b_i Γ_ij = %v, expected 0", sum)
	}
}
