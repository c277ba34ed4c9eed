package spiral

import (
	"fmt"
	"math"
	"testing"
)

// Taylor series in 30 decimal digits (mpmath's odefun).
func TestAgainstTaylorSeries(t *testing.T) {
	times, u := Data()
	for _, test := range []struct {
		i      int
		u1, u2 float64
	}{
		{0, 2, 0},
		{1, 1.9465030227663114507, 0.79883083007743345696},
		{10, -1.7086387028318937704, 0.32345905410478296885},
		{20, 0.93161184448038306512, -1.4538229046570082921},
		{29, 1.2919915629767863913, 0.97258607443451642539},
	} {
		if d := distance(u[2*test.i:], []float64{test.u1, test.u2}); d > 2e-12 {
			t.Errorf("u(%v) = %v, want (%v, %v): off by %.1e", times[test.i], u[2*test.i:2*test.i+2], test.u1, test.u2, d)
		}
	}
}

// An adaptive Tsit5 run at tolerance 1.4e-8 ends at (1.29199157, 0.972586051),
// and such a run is off by a few times its tolerance.
func TestAgainstTsit5(t *testing.T) {
	_, u := Data()
	if d := distance(u[58:], []float64{1.29199157, 0.972586051}); d > 3e-8 {
		t.Errorf("u(1.5) = %v: off by %.1e", u[58:], d)
	}
}

func TestShape(t *testing.T) {
	times, u := Data()
	if len(times) != 30 || len(u) != 60 || times[0] != 0 || times[29] != 1.5 {
		t.Fatalf("%d times from %v to %v and %d values, want 30 from 0 to 1.5 and 60", len(times), times[0], times[len(times)-1], len(u))
	}
	for i := 1; i < len(times); i++ {
		if d := times[i] - times[i-1] - 1.5/29; math.Abs(d) > 1e-15 {
			t.Errorf("times %d and %d are %v apart, want 1.5/29", i-1, i, times[i]-times[i-1])
		}
	}
	times[3], u[3] = 0, 0
	if times, u := Data(); times[3] == 0 || u[3] == 0 {
		t.Error("changing the data changes the next call's")
	}
}

// The field is homogeneous of degree 3: c u(c²t) solves the equation, too.
func TestScaling(t *testing.T) {
	for _, c := range []float64{0.3, 0.7, 0.95} {
		a := trajectory([2]float64{2 * c, 0}, []float64{0.4, 1.5})
		b := trajectory([2]float64{2, 0}, []float64{0.4 * c * c, 1.5 * c * c})
		for i := range b {
			b[i] *= c
		}
		if d := distance(a, b); d > 2e-12 {
			t.Errorf("c = %v: off by %.1e", c, d)
		}
	}
}

// The field commutes with a quarter turn.
func TestQuarterTurn(t *testing.T) {
	a := trajectory([2]float64{1.5, 0.8}, []float64{0.5, 1})
	b := trajectory([2]float64{-0.8, 1.5}, []float64{0.5, 1})
	for i := 0; i < len(a); i += 2 {
		if b[i] != -a[i+1] || b[i+1] != a[i] {
			t.Errorf("(%v, %v) turned is (%v, %v)", a[i], a[i+1], b[i], b[i+1])
		}
	}
}

// u(s+t) from u₀ is u(t) from u(s).
func TestSemigroup(t *testing.T) {
	a := trajectory(Start(), []float64{0.7, 1.2})
	b := trajectory([2]float64{a[0], a[1]}, []float64{0, 1.2 - 0.7})
	if d := distance(a, b); d > 1e-12 {
		t.Errorf("off by %.1e", d)
	}
}

// d/dt (u₁⁴+u₂⁴) = -0.4 (u₁⁶+u₂⁶): the quartic norm falls, and by as much as
// Simpson's rule over the trajectory says.
func TestDissipation(t *testing.T) {
	const n = 4000
	times := make([]float64, n+1)
	for i := range times {
		times[i] = 1.5 * float64(i) / n
	}
	u := trajectory(Start(), times)
	v := func(i int, p float64) float64 {
		return math.Pow(math.Abs(u[2*i]), p) + math.Pow(math.Abs(u[2*i+1]), p)
	}
	var integral float64
	for i := 0; i < n; i += 2 {
		integral += 1.5 / n / 3 * (v(i, 6) + 4*v(i+1, 6) + v(i+2, 6))
		if v(i+2, 4) >= v(i, 4) {
			t.Fatalf("u₁⁴+u₂⁴ grows at t = %v", times[i])
		}
	}
	if got, want := v(n, 4)-v(0, 4), -0.4*integral; math.Abs(got-want) > 1e-8 {
		t.Errorf("u₁⁴+u₂⁴ changes by %v, want %v", got, want)
	}
}

// distance returns the largest difference over the elements of b.
func distance(a, b []float64) float64 {
	var d float64
	for i := range b {
		d = max(d, math.Abs(a[i]-b[i]))
	}
	return d
}

func ExampleData() {
	times, u := Data()
	for _, i := range []int{0, 1, 29} {
		fmt.Printf("u(%.4f) = (%.6f, %.6f)\n", times[i], u[2*i], u[2*i+1])
	}
	// Output:
	// u(0.0000) = (2.000000, 0.000000)
	// u(0.0517) = (1.946503, 0.798831)
	// u(1.5000) = (1.291992, 0.972586)
}
