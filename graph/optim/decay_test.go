package optim

import (
	"math"
	"testing"
)

// TestAdamW follows algorithm 2 of Loshchilov and Hutter (2019) with η as in
// PyTorch, x ← x - ηλx - η m̂/(√v̂ + ε), written out on scalars.
func TestAdamW(t *testing.T) {
	const rate, decay, b1, b2, eps = 0.05, 0.3, 0.9, 0.999, 1e-8
	schedule := Cosine{Steps: 8}
	settings := &Settings{LearnRate: rate, DecoupledDecay: decay, Schedule: schedule}
	s, s32 := newSolver(t, Adam{}, settings), newSolver(t, Adam{}, settings)
	p, q := &param{x: vec(2.0)}, &param{x: vec[float32](2)}
	x, m, v := 2.0, 0.0, 0.0
	for n := 1; n <= 6; n++ {
		g := math.Sin(float64(n))
		p.g, q.g = vec(g), vec(float32(g))
		step(t, s, p)
		step(t, s32, q)

		eta := rate * (1 + math.Cos(math.Pi*float64(n-1)/8)) / 2
		m, v = b1*m+(1-b1)*g, b2*v+(1-b2)*g*g
		mhat, vhat := m/(1-math.Pow(b1, float64(n))), v/(1-math.Pow(b2, float64(n)))
		x -= eta*decay*x + eta*mhat/(math.Sqrt(vhat)+eps)
		if got := data[float64](p.x)[0]; math.Abs(got-x) > 1e-14 {
			t.Errorf("step %d: x = %v, want %v", n, got, x)
		}
		if got := data[float32](q.x)[0]; math.Abs(float64(got)-x) > 1e-6 {
			t.Errorf("step %d in float32: x = %v, want %v", n, got, x)
		}
	}
}

// Without a gradient, decoupled decay is x ← (1-ηλ)x for every rule, where the L2
// term goes through the rule.
func TestDecoupledDecayAlone(t *testing.T) {
	for _, r := range rules {
		s, p := newSolver(t, r, &Settings{LearnRate: 0.5, DecoupledDecay: 0.25}), &param{x: vec(1.0, -8), g: vec(0.0, 0)}
		for range 3 {
			step(t, s, p)
		}
		want := math.Pow(1-0.125, 3)
		if x := data[float64](p.x); x[0] != want || x[1] != -8*want {
			t.Errorf("%s: x = %v, want (%v, %v)", r.Name(), x, want, -8*want)
		}
	}
}
