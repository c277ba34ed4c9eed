package integrators

import (
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
)

// goldenSRISteps are the steps of TestSRISteps, of an independent implementation:
// dy = (y/2 - 3y³/10) dt + 7y/10 dW from y = 1 with h = 0.1, ΔW = 0.2, ΔZ = -0.1
// and tolerances of 0.1.
var goldenSRISteps = []struct {
	method   *SRI
	u1, e, s float64
}{
	{SOSRI, 1.14109824075794, 0.32111326552837965, 0},
	{SOSRI2, 1.1409738044859872, 0.3233251981378282, 0.5270261913773512},
	{SRIW1, 1.1409069627946824, 0.007661331979741389, 0},
}

// TestGraphReproducesGoldenSRISteps in both precisions.
func TestGraphReproducesGoldenSRISteps(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		tol := 1e-14
		if dt == tensor.Float32 {
			tol = 1e-6
		}
		for _, want := range goldenSRISteps {
			noise := &Noise{Path: []Increment{{Length: 0.1, DW: []float64{0.2}, DZ: []float64{-0.1}}}}
			o := newSDE(t, want.method, cubicStep().over(0, 0.1), noise, &Settings{FixedSteps: 1, AbsTol: 0.1, RelTol: 0.1, Record: true})
			z0 := value.New(dt, 1, 1)
			value.SetFloat64s(z0, []float64{1})
			sol := predictFrom(t, o, z0)
			step := sol.Steps[0]
			if u1 := value.Scalar(sol.Z); !near(u1, want.u1, tol) || sol.Z.Dtype() != dt {
				t.Errorf("%s, %v: u1 = %v, expected %v", want.method.Name, dt, u1, want.u1)
			}
			if !near(step.E, want.e, tol) {
				t.Errorf("%s, %v: E = %v, expected %v", want.method.Name, dt, step.E, want.e)
			}
			if !near(step.S, want.s, 20*tol) { // of two differences
				t.Errorf("%s, %v: S = %v, expected %v", want.method.Name, dt, step.S, want.s)
			}
		}
	}
}

// TestMissingZIsDrawn: where an increment leaves Z out, a step has the ΔW that is
// given and a ΔZ of its own.
func TestMissingZIsDrawn(t *testing.T) {
	for _, want := range goldenSRISteps {
		solve := func(seed uint64) float64 {
			noise := &Noise{Seed: seed, Path: []Increment{{Length: 0.1, DW: []float64{0.2}}}}
			o := newSDE(t, want.method, cubicStep().over(0, 0.1), noise, &Settings{FixedSteps: 1})
			return value.Scalar(predictFrom(t, o, row(1)).Z)
		}
		// ΔZ enters by f'g·I(1,0), here a normal variable of deviation 0.003.
		if a, b := solve(1), solve(2); a == b || !near(a, want.u1, 0.03) || !near(b, want.u1, 0.03) {
			t.Errorf("%s: u1 = %v and %v, expected different numbers near %v", want.method.Name, a, b, want.u1)
		}
	}
}
