package optim

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
)

// The golden values were computed from Flux 0.11.6's formulas by another
// implementation: x = 1, five steps, gradient sin(1+0.7i) + 0.1 in step i = 0, …, 4.
func TestGolden(t *testing.T) {
	for _, test := range []struct {
		rule     Rule
		settings Settings
		want     float64
	}{
		{Momentum{}, Settings{LearnRate: 0.1, InverseDecay: 1e-5}, 0.053185814834001977},
		{Adam{}, Settings{LearnRate: 0.01}, 0.9563529352553426},
		{AdaMax{}, Settings{LearnRate: 0.01}, 0.9619725814060478},
		{AdaBelief{}, Settings{LearnRate: 0.01}, 0.7641018026528701},
	} {
		s := newSolver(t, test.rule, &test.settings)
		p := &param{x: vec(1.0)}
		q := &param{x: vec[float32](1)}
		s32 := newSolver(t, test.rule, &test.settings)
		for i := range 5 {
			g := math.Sin(1+0.7*float64(i)) + 0.1
			p.g, q.g = vec(g), vec(float32(g))
			step(t, s, p)
			step(t, s32, q)
		}
		if got := data[float64](p.x)[0]; math.Abs(got-test.want) > 1e-15 {
			t.Errorf("%s: x = %.17g, want %.17g", test.rule.Name(), got, test.want)
		}
		if got := data[float32](q.x)[0]; math.Abs(float64(got)-test.want) > 2e-7 {
			t.Errorf("%s in float32: x = %v, want %v", test.rule.Name(), got, test.want)
		}
	}
}

// The first update has a closed form: the state starts at zero.
func TestFirstStep(t *testing.T) {
	for _, test := range []struct {
		rule Rule
		want float64 // Δ/η for a gradient of 3
	}{
		{Momentum{}, 3},
		{Momentum{Rho: 0.5}, 3},
		{Adam{}, 1},
		{AdaMax{}, 1},
		{AdaMax{Beta1: 0.5, Beta2: 0.5}, 1},
		{AdaBelief{}, 0.1 / (0.9 * math.Sqrt(0.001))},
		{Adam{Epsilon: 3}, 0.5},
	} {
		s := newSolver(t, test.rule, &Settings{LearnRate: 0.25})
		p := &param{x: vec(0.0), g: vec(3.0)}
		step(t, s, p)
		if got := -data[float64](p.x)[0] / 0.25; math.Abs(got-test.want) > 1e-6 {
			t.Errorf("%#v: Δ/η = %v, want %v", test.rule, got, test.want)
		}
	}
}

// Gorgonia's Adam and Momentum have the same definitions, ε included; they
// change the gradient, so each solver gets its own.
func TestAgainstGorgonia(t *testing.T) {
	const n, steps = 700, 30
	for _, test := range []struct {
		rule     Rule
		settings Settings
		ref      gorgonia.Solver
	}{
		{Momentum{Rho: 0.8}, Settings{LearnRate: 0.05},
			gorgonia.NewMomentum(gorgonia.WithLearnRate(0.05), gorgonia.WithMomentum(0.8))},
		{Adam{}, Settings{},
			gorgonia.NewAdamSolver()},
		{Adam{Beta1: 0.7, Beta2: 0.95, Epsilon: 1e-3}, Settings{LearnRate: 0.02, WeightDecay: 0.1},
			gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.02), gorgonia.WithBeta1(0.7), gorgonia.WithBeta2(0.95),
				gorgonia.WithEps(1e-3), gorgonia.WithL2Reg(0.1))},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		ours, theirs := &param{x: vec(x...)}, &param{x: vec(x...)}
		s := newSolver(t, test.rule, &test.settings)
		for range steps {
			for i := range x {
				x[i] = rng.NormFloat64()
			}
			ours.g, theirs.g = vec(x...), vec(x...)
			step(t, s, ours)
			step(t, test.ref, theirs)
		}
		want := data[float64](theirs.x)
		for i, got := range data[float64](ours.x) {
			if math.Abs(got-want[i]) > 1e-13 {
				t.Fatalf("%#v: x[%d] = %v, want %v", test.rule, i, got, want[i])
			}
		}
	}
}

// All rules but Momentum do not depend on the scale of the gradient (up to ε).
func TestScaleInvariance(t *testing.T) {
	run := func(r Rule, scale float64) float64 {
		s := newSolver(t, r, nil)
		p := &param{x: vec(0.0)}
		for i := range 20 {
			p.g = vec(scale * math.Cos(float64(i)))
			step(t, s, p)
		}
		return data[float64](p.x)[0]
	}
	for _, r := range []Rule{Adam{}, AdaMax{}, AdaBelief{}} {
		if a, b := run(r, 1), run(r, 1024); math.Abs(a-b) > 1e-6*math.Abs(a) {
			t.Errorf("%s: %v for g, %v for 1024 g", r.Name(), a, b)
		}
	}
	if a, b := run(Momentum{}, 1), run(Momentum{}, 1024); math.Abs(1024*a-b) > 1e-12*math.Abs(b) {
		t.Errorf("momentum: %v for g, %v for 1024 g", a, b)
	}
}

// Every rule finds the minimum of ½(x-a)ᵀD(x-a).
func TestMinimizes(t *testing.T) {
	curvature, minimum := []float64{1, 10}, []float64{3, -2}
	for _, r := range []Rule{Momentum{}, Adam{}, AdaMax{}, AdaBelief{}} {
		s := newSolver(t, r, &Settings{LearnRate: 0.01})
		p := &param{x: vec(0.0, 0.0), g: vec(0.0, 0.0)}
		x, g := data[float64](p.x), data[float64](p.g)
		for n := range 6000 {
			s.SetLearnRate(0.01 * math.Exp(-float64(n)/1000))
			for i := range x {
				g[i] = curvature[i] * (x[i] - minimum[i])
			}
			step(t, s, p)
		}
		for i := range x {
			if math.Abs(x[i]-minimum[i]) > 1e-2 {
				t.Errorf("%s: x = %v, want %v", r.Name(), x, minimum)
			}
		}
	}
}
