package networks

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
)

// TestKnots: both ends are among them, and none is there twice.
func TestKnots(t *testing.T) {
	for _, c := range []struct {
		n, count int
		want     []int
	}{{12, 4, []int{0, 4, 7, 11}}, {5, 2, []int{0, 4}}, {3, 8, []int{0, 1, 2}}} {
		if got := knotsOf(c.n, c.count); !slices.Equal(got, c.want) {
			t.Errorf("%d knots of %d times: %v, expected %v", c.count, c.n, got, c.want)
		}
	}
}

// TestLatentSDESizes: sizes that are none are refused.
func TestLatentSDESizes(t *testing.T) {
	two := []float64{0, 1}
	for _, c := range []struct {
		times []float64
		set   LatentSDESettings
		says  string
	}{
		{nil, LatentSDESettings{}, "0 times"},
		{two[:1], LatentSDESettings{}, "1 times"},
		{two, LatentSDESettings{Knots: 1}, "1 knots"},
		{two, LatentSDESettings{Knots: -1}, "-1 knots"},
		{two, LatentSDESettings{Sigma: -1}, "σ = -1"},
		{two, LatentSDESettings{Sigma: math.NaN()}, "σ = NaN"},
		{two, LatentSDESettings{Hidden: -1}, "-1"},
		{two, LatentSDESettings{Context: -1}, "-1"},
	} {
		_, err := NewLatentSDE(graph.NewParams(tensor.Float64), c.times, integrators.SOSRI, nil, &c.set, rand.New(rand.NewPCG(1, 0)))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, %+v: error %v, expected one with %q", c.times, c.set, err, c.says)
		}
	}
}
