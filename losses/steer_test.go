package losses_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/losses"
)

// TestEndTime: uniform on (t1-b, t1+b), by the statistic of Kolmogorov and
// Smirnov, forwards and backwards.
func TestEndTime(t *testing.T) {
	for _, tt := range []struct{ t0, t1, b float64 }{{0, 1, 0.5}, {2, -1, 2.9}, {-3, 0, 1e-3}} {
		rng := rand.New(rand.NewPCG(1, 2))
		const n = 4000
		draws := make([]float64, n)
		uniform := make([]float64, n)
		for i := range draws {
			end, err := losses.EndTime(rng, tt.t0, tt.t1, tt.b)
			if err != nil {
				t.Fatal(err)
			}
			if end < tt.t1-tt.b || end > tt.t1+tt.b {
				t.Fatalf("%+v: end %v outside", tt, end)
			}
			draws[i] = end
			uniform[i] = tt.t1 + tt.b*(2*(float64(i)+0.5)/n-1)
		}
		slices.Sort(draws)
		// The quantile of the statistic at 10⁻⁴ is 2.2/√n.
		if d := stat.KolmogorovSmirnov(draws, nil, uniform, nil); d > 2.2/math.Sqrt(n) {
			t.Errorf("%+v: distance %v from the uniform distribution", tt, d)
		}
	}
	// No width, no randomness; the same seed, the same time.
	if end, err := losses.EndTime(rand.New(rand.NewPCG(1, 2)), 0, 1, 0); err != nil || end != 1 {
		t.Errorf("end %v (%v) without a width, expected 1", end, err)
	}
	a, _ := losses.EndTime(rand.New(rand.NewPCG(7, 2)), 0, 1, 0.5)
	b, _ := losses.EndTime(rand.New(rand.NewPCG(7, 2)), 0, 1, 0.5)
	if a != b {
		t.Errorf("%v and %v from one seed", a, b)
	}
	for _, tt := range []struct{ t0, t1, b float64 }{
		{0, 1, 1}, {0, 1, 2}, {0, -1, 1}, {0, 1, -0.1}, {0, 1, math.NaN()}, {math.NaN(), 1, 0.1}, {0, math.Inf(1), 0.1}, {1, 1, 0},
	} {
		if end, err := losses.EndTime(rand.New(rand.NewPCG(1, 1)), tt.t0, tt.t1, tt.b); err == nil {
			t.Errorf("%+v: end %v, expected an error", tt, end)
		}
	}
	if _, err := losses.EndTime(nil, 0, 1, 0.1); err == nil {
		t.Error("no generator: no error")
	}
}

// hours is the grid of the PhysioNet records.
func hours() []float64 {
	t := make([]float64, 49)
	for i := range t {
		t[i] = float64(i) / 48
	}
	return t
}

// TestEndTimes: those of the rows are the draws of one generator, and every row of a
// solve ends at its own.
func TestEndTimes(t *testing.T) {
	const n = 5
	ends, err := losses.EndTimes(rand.New(rand.NewPCG(1, 2)), 0, 1, 0.5, n)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i, end := range ends {
		if want, _ := losses.EndTime(rng, 0, 1, 0.5); end != want {
			t.Errorf("end %d is %v, expected %v", i, end, want)
		}
	}
	decay := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Neg(z) }
	o, err := integrators.NewSolver(integrators.Equation{Drift: decay, T1: 1}, integrators.Tsit5, &integrators.Settings{Steps: integrators.PerRow, AbsTol: 1e-10, RelTol: 1e-10})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.SetRowTimes(make([]float64, n), ends, nil); err != nil {
		t.Fatal(err)
	}
	sol, err := o.Predict(tensor.New(tensor.WithShape(n, 1), tensor.WithBacking([]float64{1, 1, 1, 1, 1})))
	if err != nil {
		t.Fatal(err)
	}
	for i, z := range value.Float64s(sol.Z) {
		if want := math.Exp(-ends[i]); math.Abs(z-want) > 1e-8 {
			t.Errorf("row %d ends at %v, expected %v", i, z, want)
		}
	}
	for _, bad := range []struct {
		rng *rand.Rand
		b   float64
		n   int
	}{{nil, 0.5, 1}, {rng, 1, 1}, {rng, 0.5, 0}, {rng, 0.5, -1}} {
		if ends, err := losses.EndTimes(bad.rng, 0, 1, bad.b, bad.n); err == nil {
			t.Errorf("%+v: ends %v, expected an error", bad, ends)
		}
	}
}

// TestSaveTimes: whatever the grid, the times drawn ascend, so that a solver takes
// them, start at the first time, end by the last, and none is further from its own
// than half an interval.
func TestSaveTimes(t *testing.T) {
	const eps = 0x1p-23
	rng := rand.New(rand.NewPCG(1, 2))
	for name, grid := range map[string][]float64{
		"hours":    hours(),
		"uneven":   {-1, -0.9, 2, 2.1, 2.2, 7},
		"end":      {0, 10, 10.5, 11}, // several are moved to the end
		"repeated": {0, 1, 1, 1, 2},
		"rounding": {0, eps, 2 * eps, 3 * eps, 4 * eps}, // where they pass each other
		"two":      {3, 4},
		"one":      {5},
		"none":     {},
	} {
		widest := 0.0
		for i := 1; i < len(grid); i++ {
			widest = max(widest, grid[i]-grid[i-1]+eps)
		}
		var ode *integrators.Solver
		if len(grid) > 1 {
			var err error
			f := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return z, nil }
			ode, err = integrators.NewSolver(integrators.Equation{Drift: f, T0: grid[0], T1: grid[len(grid)-1]}, integrators.Tsit5, &integrators.Settings{SaveAt: grid})
			if err != nil {
				t.Fatal(err)
			}
		}
		given := slices.Clone(grid)
		for _, b := range []float64{0, 0.1, 0.5} {
			for range 500 {
				drawn, err := losses.SaveTimes(rng, grid, b)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if !slices.Equal(grid, given) || len(drawn) != len(grid) || !slices.IsSorted(drawn) {
					t.Fatalf("%s: drew %v from %v, given as %v", name, drawn, grid, given)
				}
				if len(grid) > 0 && (drawn[0] != grid[0] || drawn[len(grid)-1] > grid[len(grid)-1]) {
					t.Fatalf("%s: drew %v from %v", name, drawn, grid)
				}
				for i, x := range drawn {
					if math.Abs(x-grid[i]) > b*widest+1e-15 {
						t.Errorf("%s: time %d is %v for %v", name, i, x, grid[i])
					}
				}
				if ode != nil {
					if err := ode.SetSaveAt(drawn); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
				}
			}
		}
	}
}

// TestSaveTimesFormula draws the hours by hand. They do not pass each other here,
// so that each is what the formula says.
func TestSaveTimesFormula(t *testing.T) {
	grid := hours()
	for seed := range uint64(20) {
		drawn, err := losses.SaveTimes(rand.New(rand.NewPCG(seed, 0)), grid, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		for i := 1; i < len(grid); i++ {
			delta := 1.0/48 + math.Pow(2, -23)
			want := min(1, grid[i]+(2*rng.Float64()-1)*delta/2)
			if math.Abs(drawn[i]-want) > 1e-15 {
				t.Errorf("seed %d: time %d is %v, expected %v", seed, i, drawn[i], want)
			}
		}
	}
}

// TestSaveTimesAreUniform: about the hour between its neighbours, and in half of
// the draws at the end for the last.
func TestSaveTimesAreUniform(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 4000
	draws, uniform := make([]float64, n), make([]float64, n)
	atEnd := 0
	for k := range n {
		drawn, err := losses.SaveTimes(rng, hours(), 0.5)
		if err != nil {
			t.Fatal(err)
		}
		draws[k] = 48 * drawn[7]
		uniform[k] = 6.5 + (float64(k)+0.5)/n
		if drawn[48] == 1 {
			atEnd++
		}
	}
	slices.Sort(draws)
	if d := stat.KolmogorovSmirnov(draws, nil, uniform, nil); d > 2.2/math.Sqrt(n) {
		t.Errorf("distance %v from the uniform distribution", d)
	}
	if math.Abs(float64(atEnd)-n/2) > 4*math.Sqrt(n)/2 {
		t.Errorf("%d of %d draws end in 1, expected half", atEnd, n)
	}
}

func TestSaveTimesErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, tt := range []struct {
		times []float64
		b     float64
	}{
		{[]float64{0, 1}, 0.6}, {[]float64{0, 1}, -0.1}, {[]float64{0, 1}, math.NaN()},
		{[]float64{1, 0}, 0.5}, {[]float64{0, math.NaN(), 1}, 0.5}, {[]float64{math.NaN(), 0, 1}, 0.5}, {[]float64{math.NaN()}, 0.5},
		{[]float64{0, math.Inf(1)}, 0.5}, {[]float64{math.Inf(-1), math.Inf(1)}, 0.5},
	} {
		if drawn, err := losses.SaveTimes(rng, tt.times, tt.b); err == nil {
			t.Errorf("%+v: drew %v, expected an error", tt, drawn)
		}
	}
	if _, err := losses.SaveTimes(nil, []float64{0, 1}, 0.5); err == nil {
		t.Error("no generator: no error")
	}
}
