package integrators

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// thetas includes both ends.
var thetas = []float64{0, 1. / 16, 0.25, 0.5, 0.8, 15. / 16, 1}

// denseRows returns A with the rows of the stages of the dense output.
func denseRows(m *Tableau) [][]float64 {
	_, rows := m.denseStages()
	return append(append([][]float64(nil), m.A...), rows...)
}

func TestDenseOrderConditions(t *testing.T) {
	byOrder := trees(8)
	for _, m := range methods {
		order, satisfied := min(m.Order, 3), satisfied
		switch {
		case m.Dense != nil:
			order = 4
		case m.Interpolant != nil:
			order = m.Interpolant.Order
			satisfied = 3e-13 // rounding in coefficients up to 1300
		}
		for _, theta := range thetas {
			w := m.DenseWeights(theta, nil)
			for r := 1; r <= order; r++ {
				if d := residual(byOrder[r-1], denseRows(m), w, theta); d > satisfied {
					t.Errorf("%s: dense output at Θ = %v violates a condition of order %d by %v", m.Name, theta, r, d)
				}
			}
		}
		if d := residual(byOrder[order], denseRows(m), m.DenseWeights(0.3, nil), 0.3); d < violated {
			t.Errorf("%s: dense output satisfies the conditions of order %d up to %v: its order is higher than stated", m.Name, order+1, d)
		}
	}
}

// TestDenseIsContinuouslyDifferentiable checks values and slopes at both ends,
// the slopes by a difference quotient that is exact for the quartic.
func TestDenseIsContinuouslyDifferentiable(t *testing.T) {
	for _, m := range methods {
		if m.Interpolant != nil {
			continue
		}
		n := m.DenseStages()
		end := make([]float64, n)
		copy(end, m.B)
		if w := m.DenseWeights(0, nil); !floats.Equal(w, make([]float64, n)) {
			t.Errorf("%s: dense weights at 0 are %v, expected zeros", m.Name, w)
		}
		if w := m.DenseWeights(1, nil); !floats.Equal(w, end) {
			t.Errorf("%s: dense weights at 1 are %v, expected B = %v", m.Name, w, m.B)
		}
		for _, at := range []float64{0, 1} {
			slope := make([]float64, n)
			const h = 1. / 8
			for _, p := range []struct{ loc, coeff float64 }{{-2, 1. / 12}, {-1, -8. / 12}, {1, 8. / 12}, {2, -1. / 12}} {
				floats.AddScaled(slope, p.coeff/h, m.DenseWeights(at+p.loc*h, nil))
			}
			want := make([]float64, n)
			want[int(at)*(n-1)] = 1
			if !floats.EqualApprox(slope, want, 1e-12) {
				t.Errorf("%s: slope of the dense weights at %v is %v, expected %v", m.Name, at, slope, want)
			}
		}
	}
}

// TestInterpolantsAreContinuouslyDifferentiable: values at both ends are those of
// the step, and slopes those of the field.
func TestInterpolantsAreContinuouslyDifferentiable(t *testing.T) {
	for _, m := range []*Tableau{Vern7, Dopri8} {
		c, rows := m.denseStages()
		c = append(append([]float64(nil), m.C...), c...)
		last := slices.IndexFunc(denseRows(m), func(a []float64) bool { return len(a) > 0 && floats.Equal(a, m.B[:len(a)]) && floats.Sum(a) > 0.5 })
		for i, b := range m.Interpolant.B {
			slope := 0.0
			for k, x := range b {
				slope += float64(k+1) * x
			}
			first, atEnd, end := 0.0, 0.0, 0.0
			if len(b) > 0 {
				first = b[0]
			}
			if i == last {
				atEnd = 1
			}
			if i < m.Stages() {
				end = m.B[i]
			}
			want := 0.0
			if i == 0 {
				want = 1
			}
			if first != want || math.Abs(slope-atEnd) > 1e-11 || math.Abs(floats.Sum(b)-end) > 1e-12 {
				t.Errorf("%s, stage %d at %v: slopes %v and %v, value %v, expected %v, %v and %v", m.Name, i, c[i], first, slope, floats.Sum(b), want, atEnd, end)
			}
		}
		if len(rows) != m.DenseEvaluations() {
			t.Errorf("%s: %d evaluations, expected %d", m.Name, m.DenseEvaluations(), len(rows))
		}
	}
}

// TestTsit5Interpolant compares with the polynomials b_i(Θ) that Tsitouras
// publishes, Σ_m r_im Θ^m with m from 1.
func TestTsit5Interpolant(t *testing.T) {
	r := [][]float64{
		{1, -2.763706197274826, 2.9132554618219126, -1.0530884977290216},
		{0, 0.13169999999999998, -0.2234, 0.1017},
		{0, 3.9302962368947516, -5.941033872131505, 2.490627285651253},
		{0, -12.411077166933676, 30.33818863028232, -16.548102889244902},
		{0, 37.50931341651104, -88.1789048947664, 47.37952196281928},
		{0, -27.896526289197286, 65.09189467479366, -34.87065786149661},
		{0, 1.5, -4, 2.5},
	}
	for _, theta := range thetas {
		want := make([]float64, len(r))
		for i, c := range r {
			want[i] = theta * (c[0] + theta*(c[1]+theta*(c[2]+theta*c[3])))
		}
		if got := Tsit5.DenseWeights(theta, nil); !floats.EqualApprox(got, want, 1e-13) {
			t.Errorf("weights at Θ = %v: %v, expected %v", theta, got, want)
		}
	}
}

// TestDP5Interpolant compares with the form that Hairer's DOPRI5 evaluates,
//
//	u0 + h[Θ·upd + (Θ-Θ²)·s + (Θ²-Θ³)·w + (Θ²-2Θ³+Θ⁴)·Σ d_i k_i]
//
// with upd = Σ b_i k_i, s = k1 - upd and w = upd - k7 - s, on some stages k.
func TestDP5Interpolant(t *testing.T) {
	k := []float64{1.3, -0.4, 2.2, 0.9, -1.7, 0.6, -2.5}
	d := []float64{
		-12715105075. / 11282082432, 0, 87487479700. / 32700410799, -10690763975. / 1880347072,
		701980252875. / 199316789632, -1453857185. / 822651844, 69997945. / 29380423,
	}
	upd := floats.Dot(DP5.B, k)
	s := k[0] - upd
	w := upd - k[6] - s
	for _, x := range thetas {
		want := x*upd + (x-x*x)*s + (x*x-x*x*x)*w + (x*x-2*x*x*x+x*x*x*x)*floats.Dot(d, k)
		if got := floats.Dot(DP5.DenseWeights(x, nil), k); math.Abs(got-want) > 1e-13 {
			t.Errorf("solution at Θ = %v: %v, expected %v", x, got, want)
		}
	}
}

// TestHermiteInterpolatesCubics: any method of order 3 or more follows a cubic
// exactly between the ends, as does the Hermite polynomial.
func TestHermiteInterpolatesCubics(t *testing.T) {
	const t0, h = 0.7, 0.5
	cubic := func(t float64) float64 { return 1 + t*(2-t*(3-t)) }
	slope := func(t float64) float64 { return 2 - t*(6-3*t) }
	for _, m := range methods {
		if m.Order < 3 {
			continue
		}
		k := make([]float64, m.DenseStages())
		more, _ := m.denseStages()
		for i, c := range append(append([]float64(nil), m.C...), more...) {
			k[i] = slope(t0 + c*h)
		}
		for _, theta := range thetas {
			got := cubic(t0) + h*floats.Dot(m.DenseWeights(theta, nil), k)
			if want := cubic(t0 + theta*h); math.Abs(got-want) > 1e-13 {
				t.Errorf("%s: cubic at Θ = %v: %v, expected %v", m.Name, theta, got, want)
			}
		}
	}
}

func TestDenseWeightsReuseTheirStorage(t *testing.T) {
	for _, m := range methods {
		w := make([]float64, m.DenseStages())
		got := m.DenseWeights(0.4, w)
		if &got[0] != &w[0] || len(got) != len(w) {
			t.Errorf("%s: weights not stored in the slice given", m.Name)
		}
		if allocs := testing.AllocsPerRun(10, func() { m.DenseWeights(0.6, w) }); allocs != 0 {
			t.Errorf("%s: %v allocations with a slice given, expected none", m.Name, allocs)
		}
		if short := m.DenseWeights(0.6, make([]float64, 0)); !floats.Equal(short, w) {
			t.Errorf("%s: weights %v from a short slice, expected %v", m.Name, short, w)
		}
	}
}
