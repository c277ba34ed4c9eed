package layers_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/layers"
)

// TestLayersRowExact: a predictor that is to be exact gives every row, through layers of
// all kinds, the bits that it has alone.
func TestLayersRowExact(t *testing.T) {
	const most = 70
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		p, rng := graph.NewParams(dt), rand.New(rand.NewPCG(1, 2))
		image := layers.Image{Channels: 3, Height: 6, Width: 5}
		conv := must(layers.NewConv(p, "conv", image, 8, rng, nil))
		for _, c := range []struct {
			layer layers.Layer
			dim   int
		}{
			{must(layers.NewDense(p, "dense", 20, 50, layers.Tanh, rng)), 20},
			{must(layers.NewTimeDense(p, "timed", 50, 50, layers.ReLU, rng)), 50},
			{must(layers.NewConcatSquash(p, "squash", 50, 20, layers.Softplus, rng)), 50},
			{layers.Chain{conv, must(layers.NewGroupNorm(p, "norm", 8, 4)), must(layers.NewDense(p, "head", conv.Out().Size(), 50, layers.Identity, rng))}, image.Size()},
			{must(layers.NewLayerNorm(p, "layer norm", 50)), 50},
		} {
			predictor := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
				y, err := c.layer.Forward(s.At(in[1]), in[0])
				return gorgonia.Nodes{y}, err
			}, &graph.PredictorSettings{RowExact: true}))
			x := make([]float64, most*c.dim)
			for i := range x {
				x[i] = rng.NormFloat64()
			}
			at := value.New(dt)
			value.SetScalar(at, 0.3)
			predict := func(lo, hi int) []float64 {
				in := value.New(dt, hi-lo, c.dim)
				value.SetFloat64s(in, x[lo*c.dim:hi*c.dim])
				return value.Float64s(must(predictor.Predict(t.Context(), in, at))[0])
			}
			alone := make([][]float64, most)
			for i := range alone {
				alone[i] = predict(i, i+1)
			}
			for _, m := range []int{2, 5, 12, 33, 64, most} {
				if !slices.Equal(predict(0, m), slices.Concat(alone[:m]...)) {
					t.Errorf("%T of %v, batch %d: rows are not those of the rows alone", c.layer, dt, m)
				}
			}
		}
	}
}
