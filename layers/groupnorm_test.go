package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

func TestGroupNorm(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	n := must(layers.NewGroupNorm(p, "norm", 4, 2)) // of two pixels each
	n.Epsilon = 4
	near(t, "at first", applyLayer(t, p, n, matrix(1, 8, 1, 3, 5, 7, 10, 10, 10, 10)),
		[]float64{-1, -1. / 3, 1. / 3, 1, 0, 0, 0, 0}, 1e-15) // the variance is 5
	p.SetFloat64s([]float64{3, 6, 1, 1, 0, 1, 2, 3})
	near(t, "with scale and shift", applyLayer(t, p, n, matrix(1, 8, 1, 3, 5, 7, 10, 10, 10, 10)),
		[]float64{-3, -1, 3, 7, 2, 2, 3, 3}, 1e-15)

	refused(t, "other columns", p, n, matrix(1, 2, 1, 2), "2 columns in 4 channels")
	n.Epsilon = -1
	refused(t, "negative epsilon", p, n, matrix(1, 4, 1, 2, 3, 4), "epsilon -1")
	for _, size := range [][2]int{{0, 1}, {4, 0}, {4, 3}, {-4, -2}} {
		if _, err := layers.NewGroupNorm(graph.NewParams(tensor.Float64), "n", size[0], size[1]); err == nil {
			t.Errorf("%d channels in %d groups: no error", size[0], size[1])
		}
	}
}

func TestLayerNorm(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	n := must(layers.NewLayerNorm(p, "norm", 2))
	r := 1 / math.Sqrt(1+1e-5)
	near(t, "layer norm", applyLayer(t, p, n, matrix(2, 2, 1, 3, 7, 7)), []float64{-r, r, 0, 0}, 1e-14)
}

// TestLayersInDynamics: called steps, kept or checkpointed, and steps written out
// give the same gradient, that of central differences, for dynamics of every layer
// that computes several columns of a row together.
func TestLayersInDynamics(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    func(p *graph.Params, rng *rand.Rand) layers.Chain // from 8 columns to 8
	}{
		{"layer norm", func(p *graph.Params, rng *rand.Rand) layers.Chain {
			return layers.Chain{must(layers.NewLayerNorm(p, "norm", 8)), must(layers.NewTimeDense(p, "f", 8, 8, layers.Tanh, rng))}
		}},
		{"group norm", func(p *graph.Params, rng *rand.Rand) layers.Chain {
			return layers.Chain{must(layers.NewGroupNorm(p, "norm", 4, 2)), must(layers.NewTimeDense(p, "f", 8, 8, layers.Tanh, rng))}
		}},
		{"convolution", func(p *graph.Params, rng *rand.Rand) layers.Chain {
			image := layers.Image{Channels: 2, Height: 2, Width: 2}
			up := must(layers.NewConv(p, "wide", image, 3, rng, &layers.ConvSettings{Activation: layers.Tanh, Time: true}))
			return layers.Chain{
				up, must(layers.NewGroupNorm(p, "norm", 3, 3)),
				must(layers.NewConv(p, "narrow", up.Out(), 2, rng, &layers.ConvSettings{Kernel: 1})),
			}
		}},
		{"residual block, augmented", func(p *graph.Params, rng *rand.Rand) layers.Chain {
			return layers.Chain{
				layers.Residual{F: must(layers.NewTimeDense(p, "f", 8, 8, layers.Tanh, rng))},
				layers.Augment(3), must(layers.NewDense(p, "down", 11, 8, layers.Tanh, rng)),
			}
		}},
	} {
		var first []float64
		for _, way := range []integrators.Settings{{}, {Memory: integrators.Checkpoint}, {Mode: integrators.Inline}} {
			way.FixedSteps = 3
			got := checkGradient(t, fmt.Sprintf("%s, %+v", tt.name, way), func(p *graph.Params, rng *rand.Rand) layers.Layer {
				up := must(layers.NewDense(p, "up", 2, 8, layers.Identity, rng))
				return layers.Chain{up, must(layers.NewNeuralODE(p, tt.f(p, rng), 0, 1, integrators.Tsit5, &way))}
			}, weighted)
			switch {
			case first == nil:
				first = got
			case way.Mode == integrators.Inline:
				near(t, tt.name+", written out", got, first, 1e-11)
			case !slices.Equal(got, first):
				t.Errorf("%s: checkpoints change the gradient", tt.name)
			}
		}
	}
}
