package layers_test

import (
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// BenchmarkMNISTIteration is one training iteration of the paper's MNIST
// neural ODE, forward and reverse, at its size on random images.
func BenchmarkMNISTIteration(b *testing.B) {
	const batch, dim = 512, 784
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float32)
	d1, _ := layers.NewTimeDense(p, "d1", dim, 100, ops.Tanh, rng)
	d2, _ := layers.NewTimeDense(p, "d2", 100, dim, ops.Tanh, rng)
	head, _ := layers.NewDense(p, "head", dim, 10, ops.Identity, rng)
	node, err := layers.NewNeuralODE(p, layers.Chain{d1, d2}, integrators.Tsit5, 0, 1, &integrators.Settings{
		AbsTol: 1.4e-8, RelTol: 1.4e-8, Regularizers: []integrators.Regularizer{{Term: integrators.Error, Aggregation: ops.Mean}}})
	if err != nil {
		b.Fatal(err)
	}
	c := layers.Classifier{Logits: layers.Chain{node, head}}
	obj, err := graph.NewObjective(p, []graph.Input{
		{Name: "x", Dtype: tensor.Float32, Shape: tensor.Shape{batch, dim}},
		{Name: "labels", Dtype: tensor.Float32, Shape: tensor.Shape{batch}},
		{Name: "lambda", Dtype: tensor.Float32},
	}, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		l, err := c.Loss(s, in[0], in[1])
		if err != nil {
			return nil, err
		}
		return losses.Penalized(s, l, "mean of error", in[2])
	}, nil)
	if err != nil {
		b.Fatal(err)
	}
	x := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(batch, dim))
	for i := range x.Float32s() {
		x.Float32s()[i] = max(0, rng.Float32()*2-1)
	}
	y := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(batch))
	for i := range y.Float32s() {
		y.Float32s()[i] = float32(rng.IntN(10))
	}
	lambda := gorgonia.NewF32(100)
	b.ReportAllocs()
	var t graph.Timing
	for b.Loop() {
		if _, _, err := obj.Evaluate(x, y, lambda); err != nil {
			b.Fatal(err)
		}
		t = obj.Timing()
	}
	nfe := float64(node.ODE().Last().NFE)
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/nfe, "ms/nfe")
	b.ReportMetric(nfe, "nfe")
	b.ReportMetric(t.Forward*1e3/nfe, "fwd-ms/nfe")
	b.ReportMetric(t.Reverse*1e3/nfe, "rev-ms/nfe")
	b.ReportMetric(t.Graph*1e3, "graph-ms")
	b.ReportMetric(float64(node.ODE().Bytes())/1e6, "MB")
}
