package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets/spiral"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// BenchmarkPublished is the work on which other libraries have published times, in
// float32: the loss Σ(z − data)² at the save times with its gradient, and the states
// alone. Times are medians. docs/performance/published.py does the same work from the
// same weights and so comes to the same loss and norm of the gradient, within the
// tolerance.
func BenchmarkPublished(b *testing.B) {
	times, points := spiral.Data()
	cube := published{name: "spiral", dim: 2, hidden: 50, batch: 1, first: layers.Chain{layers.Cube{}}, act: layers.Tanh, out: layers.Identity,
		start: points[:2], end: spiral.End, absTol: 1e-6, relTol: 1e-3, saveAt: times, data: points}
	cube.run(b, integrators.Tsit5)
	cube.run(b, integrators.DP5)

	const rows, long = 64, 100.0
	start := irregular(math.Sqrt2, math.Cos, 4*rows)
	for _, n := range []int{1, 100} {
		at := []float64{long}
		if n > 1 {
			at = floats.Span(make([]float64, n), 0, long)
		}
		mlp := published{name: fmt.Sprintf("mlp/%d", n), dim: 4, hidden: 32, batch: rows, act: layers.Softplus, out: layers.Tanh,
			start: start, end: long, absTol: 1e-6, relTol: 1e-6, saveAt: at, data: make([]float64, n*len(start))}
		mlp.run(b, integrators.DP5)
	}
}

// published is a differential equation with a network of one hidden layer.
type published struct {
	name               string
	dim, hidden, batch int
	first              layers.Chain // before the hidden layer
	act, out           layers.Activation
	start              []float64 // (batch, dim)
	end                float64
	absTol, relTol     float64
	saveAt             []float64
	data               []float64 // (times·batch, dim)
}

func (c *published) run(b *testing.B, method *integrators.Tableau) {
	p, rng := graph.NewParams(tensor.Float32), rand.New(rand.NewPCG(1, 1))
	f := append(c.first,
		must(layers.NewDense(p, "a", c.dim, c.hidden, c.act, rng)),
		must(layers.NewDense(p, "b", c.hidden, c.dim, c.out, rng)))
	p.SetFloat64s(irregular(math.Sqrt(6/float64(c.dim+c.hidden)), math.Sin, p.Len()))
	node := must(layers.NewNeuralODE(p, f, 0, c.end, method,
		&integrators.Settings{AbsTol: c.absTol, RelTol: c.relTol, SaveAt: c.saveAt}))
	objective := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		return losses.SumSquaredError(gorgonia.Must(node.Forward(s, in[0])), in[1])
	}, nil))
	predictor := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		return gorgonia.Nodes{gorgonia.Must(node.Forward(s, in[0]))}, nil
	}, nil))
	start, data := value.New(tensor.Float32, c.batch, c.dim), value.New(tensor.Float32, len(c.saveAt)*c.batch, c.dim)
	value.SetFloat64s(start, c.start)
	value.SetFloat64s(data, c.data)

	var built float64
	b.Run(c.name+"/"+method.Name+"/gradient", func(b *testing.B) {
		var loss float64
		report(b, func() (nfe int, err error) {
			loss, err = objective.Evaluate(start, data)
			built = max(built, objective.Timing().Graph)
			return node.Last().NFE, err
		})
		b.ReportMetric(built*1e3, "graph-ms")
		b.ReportMetric(loss, "loss")
		b.ReportMetric(floats.Norm(value.Float64s(must(p.Grad())), 2), "|gradient|")
	})
	b.Run(c.name+"/"+method.Name+"/prediction", func(b *testing.B) {
		var r graph.Report
		p := predictor.With(graph.CallSettings{Report: &r})
		report(b, func() (nfe int, err error) {
			_, err = p.Predict(b.Context(), start)
			return r.Evaluations, err
		})
	})
}

// report times what solve does after a first time, which builds the graph.
func report(b *testing.B, solve func() (nfe int, err error)) {
	nfe, err := solve()
	if err != nil {
		b.Fatal(err)
	}
	var times []float64
	for b.Loop() {
		start := time.Now()
		if _, err := solve(); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start).Seconds())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(times)*1e3, "ms")
	b.ReportMetric(float64(nfe), "nfe")
}

// irregular returns scale·f(k²) for k from 1 to n, numbers that another program can
// compute as well.
func irregular(scale float64, f func(float64) float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		k := float64(i + 1)
		x[i] = scale * f(k*k)
	}
	return x
}
