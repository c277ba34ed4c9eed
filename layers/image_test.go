package layers_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// TestImageDynamicsSameBits: dynamics of convolutions, normalizations and dense
// layers on a batch that is large enough for phases have the same gradient on any
// number of processors and with checkpoints, bit for bit, and written out up to
// rounding.
func TestImageDynamicsSameBits(t *testing.T) {
	gradient := func(procs int, set integrators.Settings) []float64 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		const batch = 101
		rng, p := rand.New(rand.NewPCG(1, 1)), graph.NewParams(tensor.Float64)
		image := layers.Image{Channels: 4, Height: 5, Width: 5}
		first := must(layers.NewConv(p, "first", image, 4, rng, &layers.ConvSettings{Time: true, Activation: layers.Tanh}))
		set.FixedSteps = 2
		node := must(layers.NewNeuralODE(p, layers.Chain{
			first, must(layers.NewGroupNorm(p, "groups", 4, 2)),
			layers.Residual{F: must(layers.NewTimeDense(p, "dense", 100, 100, layers.Tanh, rng))},
			must(layers.NewLayerNorm(p, "layer", 100)),
			layers.Augment(25), must(layers.NewConv(p, "last", layers.Image{Channels: 5, Height: 5, Width: 5}, 4, rng, nil)),
		}, 0, 1, integrators.BS3, &set))
		x := value.New(tensor.Float64, batch, image.Size())
		data := make([]float64, batch*image.Size())
		for i := range data {
			data[i] = rng.NormFloat64()
		}
		value.SetFloat64s(x, data)
		objective := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			z, err := node.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			return losses.MeanSquaredError(z, in[0])
		}, nil))
		if _, err := objective.Evaluate(x); err != nil {
			t.Fatal(err)
		}
		return value.Float64s(must(p.Grad()))
	}
	want := gradient(1, integrators.Settings{})
	if got := gradient(3, integrators.Settings{}); !slices.Equal(got, want) {
		t.Error("three processors change the gradient")
	}
	if got := gradient(3, integrators.Settings{Memory: integrators.Checkpoint}); !slices.Equal(got, want) {
		t.Error("checkpoints change the gradient")
	}
	near(t, "written out", gradient(1, integrators.Settings{Mode: integrators.Inline}), want, 1e-12)
}
