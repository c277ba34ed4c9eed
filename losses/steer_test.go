package losses_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

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
