package layers_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/parallel"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// digits is a predictor of the paper's MNIST model.
func digits(settings *graph.PredictorSettings) *graph.Predictor {
	rng, p := rand.New(rand.NewPCG(1, 0)), graph.NewParams(tensor.Float32)
	dynamics := layers.Chain{
		must(layers.NewDense(p, "hidden", 784, 100, layers.Tanh, rng)),
		must(layers.NewDense(p, "slope", 100, 784, layers.Tanh, rng)),
	}
	node := must(layers.NewNeuralODE(p, dynamics, 0, 1, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-4, RelTol: 1e-4}))
	model := layers.Chain{node, must(layers.NewDense(p, "logits", 784, 10, layers.Identity, rng))}
	return must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := model.Forward(s, in[0])
		return gorgonia.Nodes{y}, err
	}, settings))
}

func images(rows int) gorgonia.Value {
	rng, x := rand.New(rand.NewPCG(2, 0)), tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, 784))
	for i := range x.Float32s() {
		x.Float32s()[i] = max(0, rng.Float32()*2-1)
	}
	return x
}

// BenchmarkServe measures the predictions a second of several callers of one predictor
// together, first of a single one that computes on one processor.
func BenchmarkServe(b *testing.B) {
	ctx := context.Background()
	for _, rows := range []int{1, 32} {
		p, x := digits(nil), images(rows)
		for i, callers := range []int{1, 1, 2, 8, 64} {
			name := fmt.Sprintf("batch=%d/callers=%d", rows, callers)
			if i == 0 {
				name += "/processors=1"
			}
			b.Run(name, func(b *testing.B) {
				if i == 0 {
					parallel.Limit(1)
					defer parallel.Limit(0)
				}
				work := func(calls int) {
					for range calls {
						if _, err := p.Predict(ctx, x); err != nil {
							b.Error(err)
						}
					}
				}
				together := func(calls int) {
					var wg sync.WaitGroup
					for c := range callers {
						wg.Go(func() { work((calls + c) / callers) })
					}
					wg.Wait()
				}
				together(4 * callers) // which traces all instances
				b.ResetTimer()
				together(b.N)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "predictions/s")
			})
		}
	}
}

// BenchmarkFirstPrediction measures the first prediction in an instance, which traces.
func BenchmarkFirstPrediction(b *testing.B) {
	for b.Loop() {
		if _, err := digits(nil).Predict(context.Background(), images(1)); err != nil {
			b.Fatal(err)
		}
	}
}
