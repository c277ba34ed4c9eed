package layers_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// The sizes of the paper's MNIST neural ODE.
const batch, dim, hidden = 512, 784, 100

// BenchmarkMNISTIteration is one training iteration of the paper's MNIST
// neural ODE, forward and reverse, at its size on random images. Before each it
// computes the matrix products of some evaluations alone, and reports what part
// of the time of an evaluation they would take.
func BenchmarkMNISTIteration(b *testing.B) {
	for _, method := range []*integrators.Tableau{integrators.DP5, integrators.Tsit5} {
		b.Run(method.Name, func(b *testing.B) { benchmarkMNISTIteration(b, method) })
	}
}

func benchmarkMNISTIteration(b *testing.B, method *integrators.Tableau) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float32)
	d1, _ := layers.NewTimeDense(p, "d1", dim, hidden, layers.Tanh, rng)
	d2, _ := layers.NewTimeDense(p, "d2", hidden, dim, layers.Tanh, rng)
	head, _ := layers.NewDense(p, "head", dim, 10, layers.Identity, rng)
	node, err := layers.NewNeuralODE(p, layers.Chain{d1, d2}, 0, 1, method, &integrators.Settings{
		AbsTol: 1.4e-8, RelTol: 1.4e-8, Regularizers: []integrators.Regularizer{{Term: integrators.Error, Aggregation: integrators.Mean}}})
	if err != nil {
		b.Fatal(err)
	}
	c := classify(layers.Chain{node, head})
	obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		l, err := c(s, in)
		if err != nil {
			return nil, err
		}
		return losses.Penalized(s, l, integrators.Regularizer{Term: integrators.Error, Aggregation: integrators.Mean}, in[2])
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
	products := newProducts()
	var t graph.Timing
	var iteration, alone time.Duration
	const evaluations = 10
	for b.Loop() {
		start := time.Now()
		for range evaluations {
			products.multiply()
		}
		alone += time.Since(start)
		start = time.Now()
		if _, err := obj.Evaluate(x, y, lambda); err != nil {
			b.Fatal(err)
		}
		iteration += time.Since(start)
		t = obj.Timing()
	}
	nfe := float64(node.Last().NFE)
	perEvaluation := iteration.Seconds() * 1e3 / float64(b.N) / nfe
	limit := alone.Seconds() * 1e3 / float64(b.N) / evaluations
	b.ReportMetric(0, "ns/op") // it would include the products
	b.ReportMetric(nfe, "nfe")
	b.ReportMetric(perEvaluation, "ms/nfe")
	b.ReportMetric(t.Forward*1e3/nfe, "fwd-ms/nfe")
	b.ReportMetric(t.Reverse*1e3/nfe, "rev-ms/nfe")
	b.ReportMetric(limit, "products-ms/nfe")
	b.ReportMetric(limit/perEvaluation, "products/all")
	b.ReportMetric(t.Graph*1e3, "graph-ms")
	b.ReportMetric(float64(node.Bytes())/1e6, "MB")
}

// products are the six matrix products of one evaluation of the network and its
// reverse pass.
type products struct {
	x, h, w1, w2     []float32
	dx, dh, dw1, dw2 []float32
}

func newProducts() *products {
	rng := rand.New(rand.NewPCG(2, 2))
	random := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = rng.Float32() - 0.5
		}
		return v
	}
	p := &products{x: random(batch * dim), h: random(batch * hidden), w1: random(dim * hidden), w2: random(hidden * dim)}
	p.dx, p.dh = make([]float32, len(p.x)), make([]float32, len(p.h))
	p.dw1, p.dw2 = make([]float32, len(p.w1)), make([]float32, len(p.w2))
	return p
}

func (p *products) multiply() {
	const no, yes = blas.NoTrans, blas.Trans
	gemm := gorgonia.WhichBLAS().Sgemm
	gemm(no, no, batch, hidden, dim, 1, p.x, dim, p.w1, hidden, 0, p.dh, hidden) // forward
	gemm(no, no, batch, dim, hidden, 1, p.h, hidden, p.w2, dim, 0, p.dx, dim)
	gemm(no, yes, batch, hidden, dim, 1, p.x, dim, p.w2, dim, 0, p.dh, hidden) // with respect to the states
	gemm(no, yes, batch, dim, hidden, 1, p.h, hidden, p.w1, hidden, 0, p.dx, dim)
	gemm(yes, no, dim, hidden, batch, 1, p.x, dim, p.h, hidden, 1, p.dw1, hidden) // and to the weights
	gemm(yes, no, hidden, dim, batch, 1, p.h, hidden, p.x, dim, 1, p.dw2, dim)
}
