package integrators

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

func startTree(t testing.TB, rows, cols int, n *Noise, t0, t1 float64) *brownianTree {
	t.Helper()
	b := newBrownianTree(rows, cols, true)
	if err := b.start(n, t0, t1); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTreeLaw: for 20 000 paths forced to reject, the increments of every attempt and
// the paths have the law of Brownian motion. With at most 250 statistics the
// probability of a false alarm, over seeds, is 1.5e-4.
func TestTreeLaw(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	steps := randomSchedule(rand.New(rand.NewPCG(3, 4)))
	worst, n := steps.largestDeviation(startTree(t, 20_000, 1, &Noise{Seed: 5, Tree: 1e-5}, 0, 1))
	if worst > alarm || n < 100 || n > 250 {
		t.Errorf("a statistic of %d is off by %.1f standard deviations, expected 100 to 250, at most %v", n, worst, alarm)
	}
}

// TestTreeLawBetweenAnyTimes: steps that end at no dyadic time have ΔW and ΔZ of
// variance h, independent of each other and of those of the steps before, with both of
// which they are split from the same intervals.
func TestTreeLawBetweenAnyTimes(t *testing.T) {
	const n = 40_000
	b := startTree(t, n, 1, &Noise{Seed: 2, Tree: 1e-4}, -1, 2)
	var before [][]float64
	at := -1.0
	for _, to := range []float64{-0.77, 0.1234, 0.13, 0.6, 1.9, 2} {
		b.prepare(to)
		h := to - at
		at = to
		now := [][]float64{slices.Clone(b.dW()), slices.Clone(b.dZ())}
		for i, x := range now {
			if z := (floats.Dot(x, x)/(n*h) - 1) / math.Sqrt(2.0/n); math.Abs(z) > alarm {
				t.Errorf("step to %v: the variance of %d is off by %.1f standard deviations", to, i, z)
			}
			for j, y := range append(before, now[:i]...) {
				if z := stat.Correlation(x, y, nil) * math.Sqrt(n); math.Abs(z) > alarm {
					t.Errorf("step to %v: the correlation of %d with %d is off by %.1f standard deviations", to, i, j, z)
				}
			}
		}
		before = now
	}
}

// TestTreeIsAFunctionOfTime: W and its integral over an interval do not depend on what
// was asked for before, on other rows or on whether steps were rejected, and the parts
// of an interval make the whole.
func TestTreeIsAFunctionOfTime(t *testing.T) {
	const t0, t1 = 0.3, 1.7
	noise := &Noise{Seed: 9, Tree: 1e-6, Keys: []uint64{4, 8, 15}}
	path := func(b *brownianTree, from, to float64) (dw, dz []float64) {
		b.prepare(from)
		b.prepare(to)
		return slices.Clone(b.dW()), slices.Clone(b.dZ())
	}
	rng := rand.New(rand.NewPCG(1, 1))
	used := startTree(t, 3, 2, noise, t0, t1)
	for range 200 {
		from := t0 + (t1-t0)*rng.Float64()
		to := from + (t1-from)*rng.Float64()
		dw, dz := path(startTree(t, 3, 2, noise, t0, t1), from, to)
		if err := used.start(noise, t0, t1); err != nil {
			t.Fatal(err)
		}
		used.prepare(from)
		used.prepare(t1)
		used.reject(to + (t1-to)*rng.Float64())
		used.reject(to)
		if !slices.Equal(used.dW(), dw) || !slices.Equal(used.dZ(), dz) {
			t.Fatalf("over [%v, %v] ΔW, ΔZ = %v, %v after rejections, %v, %v without", from, to, used.dW(), used.dZ(), dw, dz)
		}
		alone := &Noise{Seed: 9, Tree: 1e-6, Keys: []uint64{8}}
		if w, z := path(startTree(t, 1, 2, alone, t0, t1), from, to); !slices.Equal(w, dw[2:4]) || !slices.Equal(z, dz[2:4]) {
			t.Fatalf("row of key 8 has %v, %v alone, %v, %v with others", w, z, dw[2:4], dz[2:4])
		}
		// Chen's relation.
		middle := from + (to-from)*rng.Float64()
		w1, z1 := path(startTree(t, 3, 2, noise, t0, t1), from, middle)
		w2, z2 := path(startTree(t, 3, 2, noise, t0, t1), middle, to)
		whole := &brownian{dw: w1, dz: z1}
		whole.join(middle-from, &piece{start: middle, end: to, dw: w2, dz: z2})
		if !floats.EqualApprox(whole.dw, dw, 1e-9) || !floats.EqualApprox(whole.dz, dz, 1e-9) {
			t.Fatalf("[%v, %v] and [.., %v] join to %v, %v, expected %v, %v", from, middle, to, whole.dw, whole.dz, dw, dz)
		}
	}
}

// TestTreeFill: W within a step is that of the tree, and sums to its integral up to
// the error of the rectangle rule.
func TestTreeFill(t *testing.T) {
	const n, paths, h = 400, 500, 0.6
	b := startTree(t, paths, 1, &Noise{Seed: 8, Tree: 1e-6}, 0, 1)
	b.prepare(0.9)
	b.reject(h)
	integral := make([]float64, paths)
	for i := range n {
		floats.AddScaled(integral, h/n, b.fill((float64(i)+0.5)*h/n))
	}
	for i, z := range b.dZ() {
		if d := integral[i] - h*(b.dW()[i]+z/math.Sqrt(3))/2; math.Abs(d) > 5*math.Sqrt(h)*h/(math.Sqrt(12)*n) {
			t.Errorf("∫W of the path that is filled in is off by %v", d)
		}
	}
	if !floats.EqualApprox(b.fill(h), b.dW(), 1e-15) {
		t.Error("W at the end of the step is not that of the step")
	}
	// No time at all is no increment.
	b = startTree(t, 1, 1, &Noise{Tree: 1}, 2, 2)
	if w := b.fill(2); w[0] != 0 {
		t.Errorf("W over no time is %v", w[0])
	}
}

func TestTreeAllocatesNothing(t *testing.T) {
	noise := &Noise{Seed: 1, Tree: 1e-5}
	b := startTree(t, 4, 2, noise, 0, 1)
	steps := randomSchedule(rand.New(rand.NewPCG(7, 8)))
	if n := testing.AllocsPerRun(10, func() {
		if err := b.start(noise, 0, 1); err != nil {
			t.Fatal(err)
		}
		steps.run(b, func(attempt) {})
	}); n != 0 {
		t.Errorf("%v allocations a solve, expected none", n)
	}
}

// TestTreeFixesThePath: all methods at all tolerances, on one tree, converge to the
// closed form of geometric Brownian motion on the path that Sample gives.
func TestTreeFixesThePath(t *testing.T) {
	const mu, sigma = 0.3, 0.4
	scaled := func(c float64) Dynamics {
		return func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.Mul(z, gorgonia.NewConstant(c))
		}
	}
	noise := &Noise{Seed: 3, Tree: 1e-7, Grid: 1}
	path, err := noise.Sample(1, 1, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := math.Exp(mu - sigma*sigma/2 + sigma*path[0].DW[0])
	for _, tt := range []struct {
		method *SRI
		set    Settings
		within float64
	}{
		{EulerMaruyama, Settings{FixedSteps: 1 << 14}, 2e-3},
		{Milstein, Settings{FixedSteps: 1 << 10}, 5e-4},
		{SOSRI, Settings{FixedSteps: 1 << 7}, 5e-5},
		{SOSRI, Settings{AbsTol: 1e-5, RelTol: 1e-5}, 5e-5},
		{SRIW1, Settings{AbsTol: 1e-5, RelTol: 1e-5, InitialStep: 0.5, SaveAt: []float64{0.5, 1}}, 5e-5},
	} {
		s, err := NewSolver(Equation{Drift: scaled(mu), Diffusion: scaled(sigma), T1: 1, Noise: noise}, tt.method, &tt.set)
		if err != nil {
			t.Fatal(err)
		}
		sol, err := s.Predict(row(1))
		if err != nil {
			t.Fatal(err)
		}
		z := value.Float64s(sol.Z)
		if got := z[len(z)-1]; math.Abs(got-want) > tt.within {
			t.Errorf("%s in %d steps, %d rejected: %v, expected %v within %v", tt.method.Name, sol.Accepted, sol.Rejected, got, want, tt.within)
		}
		if tt.set.AbsTol > 0 && sol.Rejected == 0 {
			t.Errorf("%s: no step was rejected", tt.method.Name)
		}
	}
}

func TestBadTrees(t *testing.T) {
	for _, tt := range []struct {
		noise Noise
		want  string
	}{
		{Noise{Tree: -1}, "intervals of -1"},
		{Noise{Tree: math.NaN()}, "NaN"},
		{Noise{Tree: math.Inf(1)}, "+Inf"},
		{Noise{Tree: 1e-16}, "at least 2⁻⁴⁸"},
		{Noise{Tree: 0.1, Path: []Increment{{Length: 1, DW: []float64{1}}}}, "expected one of them"},
	} {
		if _, err := tt.noise.Sample(1, 1, 0, 1); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, expected one that mentions %s", tt.noise, err, tt.want)
		}
	}
}

func BenchmarkBrownianTree(b *testing.B) {
	p := startTree(b, 512, 32, &Noise{Tree: 1e-6}, 0, 1)
	i := 0.0
	for b.Loop() {
		if i++; i == 100 {
			i = 1
			if err := p.start(&Noise{Tree: 1e-6}, 0, 1); err != nil {
				b.Fatal(err)
			}
		}
		p.prepare(i / 100)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(512*32), "ns/entry")
}
