package integrators

import (
	"math"
	"testing"

	"github.com/pkg/errors"
)

// TestBracket: the zero is found to the tolerance, on its far side, in fewer
// evaluations than bisection takes where the function is smooth.
func TestBracket(t *testing.T) {
	step := func(x float64) float64 { return math.Copysign(1, x-0.3) }
	for _, tt := range []struct {
		name   string
		f      func(x float64) float64
		a, b   float64
		zero   float64
		most   int
		within float64
	}{
		{"line", func(x float64) float64 { return x - 0.3 }, 0, 1, 0.3, 5, 1e-16},
		{"falling line", func(x float64) float64 { return 0.3 - x }, 0, 1, 0.3, 5, 1e-16},
		{"parabola", func(x float64) float64 { return 10 - 4.9*x*x }, 0, 3, 10 / 7.0, 12, 1e-15},
		{"cubic zero", func(x float64) float64 { return math.Pow(x-0.3, 3) }, 0, 1, 0.3, 120, 1e-15},
		{"steep", func(x float64) float64 { return math.Exp(50*x) - 2 }, 0, 1, math.Ln2 / 50, 20, 1e-16},
		{"flat", func(x float64) float64 { return math.Exp(50*(x-1)) - 1e-12 }, 0, 1, 1 + math.Log(1e-12)/50, 30, 1e-12},
		{"jump", step, 0, 1, 0.3, 60, 1e-16},
		{"at the start but for rounding", func(x float64) float64 { return x - 1e-17 }, 0, 1, 1e-17, 60, 1e-16},
	} {
		n := 0
		f := func(x float64) (float64, error) { n++; return tt.f(x), nil }
		const tol = 1e-16
		x, err := bracket(f, tt.a, tt.b, tt.f(tt.a), tt.f(tt.b), tol)
		if err != nil || math.Abs(x-tt.zero) > tt.within || n > tt.most {
			t.Errorf("%s: zero at %v after %d evaluations (%v), expected %v after at most %d", tt.name, x, n, err, tt.zero, tt.most)
		}
		if y := tt.f(x); y != 0 && math.Signbit(y) != math.Signbit(tt.f(tt.b)) {
			t.Errorf("%s: f = %v at the zero, expected the sign of %v", tt.name, y, tt.f(tt.b))
		}
	}
	wrong := errors.New("not defined")
	if _, err := bracket(func(float64) (float64, error) { return 0, wrong }, 0, 1, -1, 1, 1e-16); !errors.Is(err, wrong) {
		t.Errorf("error %v, expected that of the function", err)
	}
}
