package integrators

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// sriCondition is a condition on the coefficients of an SRI method: the residual
// vanishes for methods of the strong order given and of any higher one.
type sriCondition struct {
	name     string
	order    float64
	residual float64
}

// sriConditions evaluates the order conditions of Rößler (2010) for strong order
// 1.5 with Itô noise, theorem 5.1. Powers of vectors are by entries, e is the
// vector of ones.
func sriConditions(m *SRI) []sriCondition {
	e := make([]float64, m.Stages())
	floats.AddConst(1, e)
	times := func(a [][]float64, x []float64) []float64 {
		y := make([]float64, len(x))
		for i, row := range a {
			y[i] = floats.Dot(row, x[:i])
		}
		return y
	}
	square := func(x []float64) []float64 { return floats.MulTo(make([]float64, len(x)), x, x) }

	a0, a1, b0, b1 := times(m.A0, e), times(m.A1, e), times(m.B0, e), times(m.B1, e)
	a1b0, b1b1 := times(m.A1, b0), times(m.B1, b1)

	conditions := []sriCondition{
		{"α·e = 1", 0.5, floats.Sum(m.Alpha) - 1},
		{"α·A0e = 1/2", 1.5, floats.Dot(m.Alpha, a0) - 1./2},
		{"α·B0e = 1", 1.5, floats.Dot(m.Alpha, b0) - 1},
		{"α·(B0e)² = 3/2", 1.5, floats.Dot(m.Alpha, square(b0)) - 3./2},
		{"½β1·A1(B0e) + ⅓β3·A1(B0e) = 0", 1.5, floats.Dot(m.Beta1, a1b0)/2 + floats.Dot(m.Beta3, a1b0)/3},
	}
	for _, c := range []struct {
		name  string
		order float64
		x     []float64
		want  [4]float64 // by β1 to β4
	}{
		{"e", 0.5, e, [4]float64{1, 0, 0, 0}},
		{"B1e", 1, b1, [4]float64{0, 1, 0, 0}},
		{"A1e", 1.5, a1, [4]float64{1, 0, -1, 0}},
		{"(B1e)²", 1.5, square(b1), [4]float64{1, 0, -1, 2}},
		{"B1(B1e)", 1.5, b1b1, [4]float64{0, 0, 0, 1}},
	} {
		for i, beta := range [][]float64{m.Beta1, m.Beta2, m.Beta3, m.Beta4} {
			name := fmt.Sprintf("β%d·%s = %v", i+1, c.name, c.want[i])
			conditions = append(conditions, sriCondition{name, c.order, floats.Dot(beta, c.x) - c.want[i]})
		}
	}
	return conditions
}

func TestSRIOrderConditions(t *testing.T) {
	for _, tt := range []struct {
		method *SRI
		tol    float64 // rounding in the published coefficients
	}{
		{SOSRI, 1e-15},
		{SOSRI2, 1.3e-13},
		{SRIW1, 1e-15},
		{Milstein, 0},
		{EulerMaruyama, 0},
	} {
		m := tt.method
		conditions := sriConditions(m)
		if len(conditions) != 25 {
			t.Fatalf("%d conditions, expected 25", len(conditions))
		}
		exceeds := false // the stated order
		for _, c := range conditions {
			switch r := math.Abs(c.residual); {
			case c.order <= m.StrongOrder && !(r <= tt.tol):
				t.Errorf("%s violates %s by %v, expected at most %v", m.Name, c.name, r, tt.tol)
			case c.order == m.StrongOrder+0.5 && r > violated:
				exceeds = true
			}
		}
		if m.StrongOrder < 1.5 && !exceeds {
			t.Errorf("%s satisfies the conditions of order %v: its order is higher than stated", m.Name, m.StrongOrder+0.5)
		}
		for i := range m.C0 {
			if m.StrongOrder <= 1 {
				break // times are free
			}
			if d := math.Abs(floats.Sum(m.A0[i]) - m.C0[i]); d > tt.tol {
				t.Errorf("%s: row %d of A0 differs from C0 by %v", m.Name, i, d)
			}
			if d := math.Abs(floats.Sum(m.A1[i]) - m.C1[i]); d > tt.tol {
				t.Errorf("%s: row %d of A1 differs from C1 by %v", m.Name, i, d)
			}
		}
	}
}
