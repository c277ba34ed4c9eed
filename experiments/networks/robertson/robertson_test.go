package robertson

import (
	"math"
	"testing"
)

// TestChanges: mass is conserved by every reaction, and the slope is that of the
// kinetics written out.
func TestChanges(t *testing.T) {
	m, ranges := changes(Rates()), Ranges()
	u := []float64{0.5, 0.25, 0.75}
	y := []float64{u[0] * ranges[0], u[1] * ranges[1], u[2] * ranges[2]}
	r := []float64{0.04 * y[0], 3e7 * y[1] * y[1], 1e4 * y[1] * y[2]}
	want := []float64{-r[0] + r[2], r[0] - r[1] - r[2], r[1]}
	monomials := []float64{u[0], u[1] * u[1], u[1] * u[2]}
	for j := range want {
		got := 0.0
		for i, x := range monomials {
			got += x * m[i*Dim+j] * ranges[j]
		}
		if math.Abs(got-want[j]) > 1e-15 {
			t.Errorf("slope of species %d is %v, expected %v", j, got, want[j])
		}
	}
	for i := range Dim {
		if s := m[i*Dim]*ranges[0] + m[i*Dim+1]*ranges[1] + m[i*Dim+2]*ranges[2]; math.Abs(s) > 1e-15 {
			t.Errorf("reaction %d changes the mass by %v", i, s)
		}
	}
}
