package integrators

import "testing"

// TestNoSliver: steps of a largest size that divides the span leave no step of
// rounding errors at its end.
func TestNoSliver(t *testing.T) {
	for _, n := range []int{3, 10, 30, 49} {
		o, err := NewSolver(Equation{Drift: fields["decay"].dynamics, T1: 1.1}, Tsit5, &Settings{AbsTol: 1, RelTol: 1, InitialStep: 1.1 / float64(n), MaxStep: 1.1 / float64(n)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Predict(row(1)); err != nil || o.Last().Accepted != n {
			t.Errorf("%d steps, error %v, expected %d", o.Last().Accepted, err, n)
		}
	}
}
