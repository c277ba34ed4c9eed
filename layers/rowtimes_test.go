package layers_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/layers"
)

// TestTimesByRow: at a column of times every layer that depends on time gives each row
// the bits that it has at that row's time, and the derivatives along the solution, but
// for rounding where those are products with Jacobians.
func TestTimesByRow(t *testing.T) {
	const m, dim = 5, 6
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		rng, tol := rand.New(rand.NewPCG(1, 2)), 1e-12
		if dt == tensor.Float32 {
			tol = 1e-4
		}
		p := graph.NewParams(dt)
		dense := must(layers.NewTimeDense(p, "dense", dim, dim, layers.Tanh, rng))
		squash := must(layers.NewConcatSquash(p, "squash", dim, dim, layers.Tanh, rng))
		conv := must(layers.NewConv(p, "conv", layers.Image{Channels: 1, Height: 2, Width: 3}, 1, rng, &layers.ConvSettings{Time: true, Activation: layers.Tanh}))
		both := must(layers.NewTimeDense(p, "both", dim+2, dim, layers.Sigmoid, rng))
		w := make([]float64, p.Len())
		for i := range w {
			w[i] = rng.NormFloat64()
		}
		p.SetFloat64s(w)
		z, context := random(rng, dt, m, dim), random(rng, dt, m, 2*3)
		times := []float64{0.25, -1.5, 0.75, 0.25, 2}
		for _, c := range []struct {
			name  string
			layer layers.Layer
			order int // of derivatives to compare
		}{
			{"dense", dense, 3},
			{"concat-squash", squash, 3},
			{"convolution", conv, 2},
			{"in a context", layers.InContext{F: both, Times: []float64{-1, 0.5, 1}}, 2},
			{"of the time", layers.OfTime{F: dense}, 1},
			{"chain", layers.Chain{dense, conv}, 2},
		} {
			evaluate := func(at gorgonia.Value) [][]float64 {
				pred := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
					return layers.Derivatives(s.At(in[1]).WithContext(in[2]), c.layer, in[0], c.order)
				}, nil))
				var d [][]float64
				for _, v := range must(pred.Predict(t.Context(), z, at, context)) {
					d = append(d, value.Float64s(v))
				}
				return d
			}
			column := value.New(dt, m, 1)
			value.SetFloat64s(column, times)
			got := evaluate(column)
			for r, at := range times {
				now := value.New(dt)
				value.SetScalar(now, at)
				for k, want := range evaluate(now) {
					if a, b := got[k][r*dim:(r+1)*dim], want[r*dim:(r+1)*dim]; !slices.Equal(a, b) && (k == 0 || !floats.EqualApprox(a, b, tol)) {
						t.Errorf("%v, %s, derivative %d of row %d: %v, at the time of the row %v", dt, c.name, k+1, r, a, b)
					}
				}
			}
		}
	}
}

func random(rng *rand.Rand, dt tensor.Dtype, shape ...int) gorgonia.Value {
	x := make([]float64, tensor.Shape(shape).TotalSize())
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	v := value.New(dt, shape...)
	value.SetFloat64s(v, x)
	return v
}
