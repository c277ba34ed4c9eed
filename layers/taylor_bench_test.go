package layers_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// BenchmarkTaylor is one training iteration of the paper's MNIST neural ODE over
// three equal steps of Tsit5, at TayNODE's batch of 100, with R_K in the loss for
// K = 1 to 5 and without. In each round every K has its turn, so that what else
// goes on strikes all alike; the metrics are medians of the ratio to the
// iteration without R_K in the same round, forward and reverse together and
// alone.
func BenchmarkTaylor(b *testing.B) {
	const images, steps, most = 100, 3, 5
	rng := rand.New(rand.NewPCG(1, 1))
	x := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(images, dim))
	for i := range x.Float32s() {
		x.Float32s()[i] = max(0, rng.Float32()*2-1)
	}
	y := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(images))
	for i := range y.Float32s() {
		y.Float32s()[i] = float32(rng.IntN(10))
	}
	var objectives []*graph.Objective
	for order := range most + 1 {
		p := graph.NewParams(tensor.Float32)
		rng := rand.New(rand.NewPCG(2, 2))
		f := layers.Chain{
			must(layers.NewTimeDense(p, "d1", dim, hidden, layers.Tanh, rng)),
			must(layers.NewTimeDense(p, "d2", hidden, dim, layers.Tanh, rng)),
		}
		head := must(layers.NewDense(p, "head", dim, 10, layers.Identity, rng))
		set := &integrators.Settings{FixedSteps: steps}
		if order > 0 {
			set.Regularizers = []integrators.Regularizer{theIntegral}
			set.Integrand = must(layers.TaylorIntegrand(f, order))
		}
		c := classify(layers.Chain{must(layers.NewNeuralODE(p, f, 0, 1, integrators.Tsit5, set)), head})
		objectives = append(objectives, must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			l, err := c(s, in)
			if err != nil || order == 0 {
				return l, err
			}
			return losses.Penalized(s, l, theIntegral, in[2])
		}, nil)))
	}
	lambda := gorgonia.NewF32(3.02e-3)
	iterate := func(o *graph.Objective) [3]float64 {
		start := time.Now()
		if _, err := o.Evaluate(x, y, lambda); err != nil {
			b.Fatal(err)
		}
		t := o.Timing()
		return [3]float64{time.Since(start).Seconds(), t.Forward, t.Reverse}
	}
	for _, o := range objectives { // compiles
		iterate(o)
	}
	var ratios [most + 1][3][]float64
	var without []float64
	for b.Loop() {
		first := iterate(objectives[0])
		without = append(without, first[0])
		for k := 1; k <= most; k++ {
			for i, t := range iterate(objectives[k]) {
				ratios[k][i] = append(ratios[k][i], t/first[i])
			}
		}
	}
	median := func(x []float64) float64 {
		slices.Sort(x)
		return stat.Quantile(0.5, stat.LinInterp, x, nil)
	}
	b.ReportMetric(0, "ns/op") // of all K together
	b.ReportMetric(median(without)*1e3, "ms(K=0)")
	for k := 1; k <= most; k++ {
		for i, what := range []string{"all", "fwd", "rev"} {
			b.ReportMetric(median(ratios[k][i]), fmt.Sprintf("%s(K=%d)", what, k))
		}
	}
}
