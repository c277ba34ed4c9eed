package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// tree is a rooted tree in the sense of Butcher. A method with weights b is of
// order p if and only if
//
//	Σ_i b_i Φ_i(τ) = 1/γ(τ)
//
// for all trees τ with at most p vertices, where Φ_i is the product over the
// root's children c of Σ_j a_ij Φ_j(c).
type tree struct {
	order    int
	density  float64 // γ
	children []*tree
}

// trees returns all rooted trees of orders 1 to n, those of order r at r-1.
func trees(n int) [][]*tree {
	byOrder := make([][]*tree, n)
	var flat []*tree // in order of order
	for order := 1; order <= n; order++ {
		// A tree is a root and a multiset of smaller trees. To get each once, take
		// the children in the order of flat.
		var grow func(left, from int, children []*tree)
		grow = func(left, from int, children []*tree) {
			if left == 0 {
				root := &tree{order: order, density: float64(order), children: append([]*tree(nil), children...)}
				for _, c := range children {
					root.density *= c.density
				}
				byOrder[order-1] = append(byOrder[order-1], root)
				return
			}
			for i := from; i < len(flat) && flat[i].order <= left; i++ {
				grow(left-flat[i].order, i, append(children, flat[i]))
			}
		}
		grow(order-1, 0, nil)
		flat = append(flat, byOrder[order-1]...)
	}
	return byOrder
}

// weights returns Φ_i(τ) for all stages i.
func (τ *tree) weights(a [][]float64) []float64 {
	phi := make([]float64, len(a))
	floats.AddConst(1, phi)
	for _, c := range τ.children {
		inner := c.weights(a)
		for i := range phi {
			phi[i] *= floats.Dot(a[i], inner[:len(a[i])])
		}
	}
	return phi
}

// residual returns the largest violation of the conditions of one order by the
// weights b of a solution at Θ: |Σ b_i Φ_i(τ) - Θ^order/γ(τ)|.
func residual(trees []*tree, a [][]float64, b []float64, theta float64) float64 {
	var worst float64
	for _, τ := range trees {
		want := math.Pow(theta, float64(τ.order)) / τ.density
		worst = math.Max(worst, math.Abs(floats.Dot(b, τ.weights(a))-want))
	}
	return worst
}

func TestTreesAreComplete(t *testing.T) {
	// The numbers of rooted trees, OEIS A000081.
	for i, want := range []int{1, 1, 2, 4, 9, 20, 48, 115, 286} {
		if got := len(trees(9)[i]); got != want {
			t.Errorf("%d trees of order %d, expected %d", got, i+1, want)
		}
	}
}

const (
	satisfied = 1e-13 // rounding in the coefficients of the tables
	violated  = 1e-8  // far above it
)

func TestOrderConditions(t *testing.T) {
	byOrder := trees(9)
	for _, m := range methods {
		for r := 1; r <= m.Order; r++ {
			if d := residual(byOrder[r-1], m.A, m.B, 1); d > satisfied {
				t.Errorf("%s violates a condition of order %d by %v", m.Name, r, d)
			}
		}
		if d := residual(byOrder[m.Order], m.A, m.B, 1); d < violated {
			t.Errorf("%s satisfies the conditions of order %d up to %v: its order is higher than stated", m.Name, m.Order+1, d)
		}
	}
}

// TestEmbeddedOrderConditions needs not know whether Err is b - b̂ or its
// negative: b is of higher order, so b - Err and b + Err satisfy the conditions of
// the embedded order alike and fail those beyond.
func TestEmbeddedOrderConditions(t *testing.T) {
	byOrder := trees(9)
	for _, m := range methods {
		if !m.Adaptive() {
			continue
		}
		embedded := make([]float64, m.Stages())
		for _, sign := range []float64{-1, 1} {
			floats.AddScaledTo(embedded, m.B, sign, m.Err)
			for r := 1; r <= m.EmbeddedOrder; r++ {
				if d := residual(byOrder[r-1], m.A, embedded, 1); d > satisfied {
					t.Errorf("%s: embedded method violates a condition of order %d by %v", m.Name, r, d)
				}
			}
			if d := residual(byOrder[m.EmbeddedOrder], m.A, embedded, 1); d < violated {
				t.Errorf("%s: embedded method satisfies the conditions of order %d up to %v: its order is higher than stated", m.Name, m.EmbeddedOrder+1, d)
			}
		}
	}
}

// TestEmbeddedWeights compares b̂ with the sources that give it directly.
func TestEmbeddedWeights(t *testing.T) {
	for _, tt := range []struct {
		method *Tableau
		sign   float64 // b̂ = b + sign·Err
		want   []float64
	}{
		{Tsit5, 1, []float64{0.09468075576583945, 0.009183565540343254, 0.4877705284247616, 1.234297566930479, -2.7077123499835256, 1.866628418170587, 1. / 66}},
		{DP5, 1, []float64{5179. / 57600, 0, 7571. / 16695, 393. / 640, -92097. / 339200, 187. / 2100, 1. / 40}},
		{BS3, 1, []float64{7. / 24, 1. / 4, 1. / 3, 1. / 8}},
		{HeunEuler, -1, []float64{1, 0, 0}},
	} {
		got := make([]float64, tt.method.Stages())
		floats.AddScaledTo(got, tt.method.B, tt.sign, tt.method.Err)
		if !floats.EqualApprox(got, tt.want, 1e-14) {
			t.Errorf("%s: b̂ = %v, expected %v", tt.method.Name, got, tt.want)
		}
	}
}

// TestStabilitySize recomputes the real stability interval from the stability
// function R(z) = 1 + z bᵀ(I-zA)⁻¹1, a polynomial for an explicit method.
func TestStabilitySize(t *testing.T) {
	for _, m := range methods {
		coefficients := []float64{1}
		power := make([]float64, m.Stages()) // A^j 1
		floats.AddConst(1, power)
		for range m.B {
			coefficients = append(coefficients, floats.Dot(m.B, power))
			for i := m.Stages() - 1; i >= 0; i-- {
				power[i] = floats.Dot(m.A[i], power[:i])
			}
		}
		stable := func(x float64) bool {
			var r float64
			for i := len(coefficients) - 1; i >= 0; i-- {
				r = coefficients[i] - x*r
			}
			return math.Abs(r) <= 1
		}
		lo := 0.0
		for stable(lo + 1e-3) {
			lo += 1e-3
		}
		hi := lo + 1e-3
		for hi-lo > 1e-9 {
			if mid := (lo + hi) / 2; stable(mid) {
				lo = mid
			} else {
				hi = mid
			}
		}
		if math.Abs(lo-m.StabilitySize) > 1e-4 {
			t.Errorf("%s: stability interval of length %v, stated %v", m.Name, lo, m.StabilitySize)
		}
	}
}
