package layers_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// TestLayersPerRow compares the loss and the solution of rows with steps of their own,
// through layers that depend on time, with those of the rows alone: predictions bit by
// bit, the regularized loss as the mean of theirs.
func TestLayersPerRow(t *testing.T) {
	const n, dim = 6, 4
	for name, dynamics := range map[string]func(p *graph.Params, rng *rand.Rand) layers.Layer{
		"time dense": func(p *graph.Params, rng *rand.Rand) layers.Layer {
			return layers.Chain{must(layers.NewTimeDense(p, "a", dim, 6, layers.Tanh, rng)), must(layers.NewTimeDense(p, "b", 6, dim, layers.Identity, rng))}
		},
		"concat squash": func(p *graph.Params, rng *rand.Rand) layers.Layer {
			return layers.Chain{must(layers.NewConcatSquash(p, "a", dim, 6, layers.Tanh, rng)), must(layers.NewConcatSquash(p, "b", 6, dim, layers.Identity, rng))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 9))
			rows := make([][]float64, n)
			for i := range rows {
				rows[i] = make([]float64, dim)
				for j := range rows[i] {
					rows[i][j] = float64(1+3*(i%2)) * rng.NormFloat64()
				}
			}
			solve := func(x ...[]float64) (loss float64, states []float64) {
				p := graph.NewParams(tensor.Float64)
				f := dynamics(p, rand.New(rand.NewPCG(4, 4)))
				set := &integrators.Settings{Steps: integrators.PerRow, Regularizers: []integrators.Regularizer{{Term: integrators.Error}, theIntegral}}
				set.Integrand = must(layers.TaylorIntegrand(f, 2))
				node := must(layers.NewNeuralODE(p, f, 0, 1, integrators.Tsit5, set))
				in := tensor.New(tensor.WithShape(len(x), dim), tensor.WithBacking(slices.Concat(x...)))
				obj := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
					z, err := node.Forward(s, in[0])
					if err != nil {
						return nil, err
					}
					square, err := ops.MeanSquare(z)
					if err != nil {
						return nil, err
					}
					return ops.Total(0, gorgonia.Nodes{square, s.Recorded(set.Regularizers[0])[0], s.Recorded(theIntegral)[0]})
				}, nil))
				return must(obj.Evaluate(in)), value.Float64s(must(node.Predict(in)).Z)
			}
			loss, states := solve(rows...)
			mean := 0.0
			for b, x := range rows {
				l, z := solve(x)
				mean += l / n
				if !slices.Equal(z, states[b*dim:(b+1)*dim]) {
					t.Errorf("row %d ends at %v, alone at %v", b, states[b*dim:(b+1)*dim], z)
				}
			}
			if d := loss - mean; d > 1e-12*mean || d < -1e-12*mean {
				t.Errorf("loss %v, expected the mean %v of those of the rows", loss, mean)
			}
		})
	}
}

// TestProbesPerRow: probes that belong to places in the batch are refused.
func TestProbesPerRow(t *testing.T) {
	for estimator, want := range map[layers.Estimator]string{layers.Rademacher: "steps per row", layers.Exact: ""} {
		p := graph.NewParams(tensor.Float64)
		f := must(layers.NewTimeDense(p, "f", 2, 2, layers.Tanh, rand.New(rand.NewPCG(4, 4))))
		flow := must(layers.NewCNF(p, f, 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{Estimator: estimator, Solver: &integrators.Settings{Steps: integrators.PerRow}}))
		obj := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			z, err := flow.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			return ops.MeanSquare(z)
		}, nil))
		_, err := obj.Evaluate(tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6})))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, expected %q", estimator, err, want)
		}
	}
}
