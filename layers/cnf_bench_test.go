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
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// BenchmarkFlow is one training iteration of a flow over twenty equal steps of Tsit5,
// with the trace by a probe and exact, and of its dynamics alone. In each round
// every kind has its turn, so that what else goes on strikes all alike; the metrics
// are medians, of the time of an iteration of the dynamics alone and of the ratios to
// it in the same round. Run it on one processor (-cpu 1) for processor time.
func BenchmarkFlow(b *testing.B) {
	for _, size := range []struct{ dim, hidden, batch int }{{2, 64, 512}, {8, 64, 512}, {43, 100, 256}} {
		b.Run(fmt.Sprintf("dim=%d/hidden=%d", size.dim, size.hidden), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			x := value.New(tensor.Float32, size.batch, size.dim)
			value.SetFloat64s(x, normals(rng, size.batch*size.dim))
			set := &integrators.Settings{FixedSteps: 20}
			names := []string{"plain", "gaussian", "exact"}
			var objectives []*graph.Objective
			for _, name := range names {
				p := graph.NewParams(tensor.Float32)
				net := layers.Chain{
					must(layers.NewTimeDense(p, "a", size.dim, size.hidden, layers.Tanh, rng)),
					must(layers.NewTimeDense(p, "b", size.hidden, size.hidden, layers.Tanh, rng)),
					must(layers.NewTimeDense(p, "c", size.hidden, size.dim, layers.Identity, rng)),
				}
				var layer layers.Layer
				switch name {
				case "plain":
					layer = must(layers.NewNeuralODE(p, net, 0, 1, integrators.Tsit5, set))
				case "gaussian":
					layer = must(layers.NewCNF(p, net, size.dim, 0, 1, integrators.Tsit5, &layers.CNFSettings{Estimator: layers.Gaussian, Solver: set}))
				case "exact":
					layer = must(layers.NewCNF(p, net, size.dim, 0, 1, integrators.Tsit5, &layers.CNFSettings{Solver: set}))
				}
				objectives = append(objectives, must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
					y, err := layer.Forward(s, in[0])
					if err != nil {
						return nil, err
					}
					return losses.SumSquaredError(y, gorgonia.Must(s.Data(value.New(tensor.Float32, y.Shape()...))))
				}, nil)))
			}
			times := make([][]float64, len(names))
			evaluate := func(i int) float64 {
				start := time.Now()
				if _, err := objectives[i].Evaluate(x); err != nil {
					b.Fatal(err)
				}
				return time.Since(start).Seconds()
			}
			for i := range names {
				evaluate(i) // builds the graph
			}
			for b.Loop() {
				plain := evaluate(0)
				times[0] = append(times[0], plain)
				for i := range names[1:] {
					times[1+i] = append(times[1+i], evaluate(1+i)/plain)
				}
			}
			for i, name := range names {
				slices.Sort(times[i])
				median := stat.Quantile(0.5, stat.Empirical, times[i], nil)
				if i == 0 {
					b.ReportMetric(1e3*median, "ms/plain")
				} else {
					b.ReportMetric(median, name+"/plain")
				}
			}
		})
	}
}
