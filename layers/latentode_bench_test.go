package layers_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// BenchmarkLatentODEIteration is one training iteration of the latent ODE for
// PhysioNet at the size of the paper, on random data of which a tenth is
// observed, and the same with a tolerance at which there is hardly a step: what
// the encoder and the decoder take. Times are medians.
func BenchmarkLatentODEIteration(b *testing.B) {
	for _, c := range []struct {
		name string
		tol  float64
	}{{"paper", 1.4e-8}, {"few steps", 1e-1}} {
		b.Run(c.name, func(b *testing.B) { benchmarkLatentODEIteration(b, c.tol) })
	}
}

func benchmarkLatentODEIteration(b *testing.B, tol float64) {
	const features, times = 37, 49
	rng := rand.New(rand.NewPCG(1, 1))
	m := newLatentModel(b, latentSettings{dtype: tensor.Float32, batch: batch, features: features, times: times,
		solver: integrators.Settings{AbsTol: tol, RelTol: tol,
			Regularizers: []integrators.Regularizer{{Term: integrators.Error, Aggregation: integrators.Mean}}}})
	obj := m.objective(b)
	in := m.data(rng, 0.1)
	var total, forward, reverse []float64
	if _, err := obj.Evaluate(in...); err != nil { // builds the graph
		b.Fatal(err)
	}
	built := obj.Timing().Graph
	for b.Loop() {
		start := time.Now()
		if _, err := obj.Evaluate(in...); err != nil {
			b.Fatal(err)
		}
		total = append(total, time.Since(start).Seconds())
		t := obj.Timing()
		forward, reverse = append(forward, t.Forward), append(reverse, t.Reverse)
	}
	nfe := float64(m.ODE.Last().NFE)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(nfe, "nfe")
	b.ReportMetric(median(total)*1e3, "total-ms")
	b.ReportMetric(median(forward)*1e3, "fwd-ms")
	b.ReportMetric(median(reverse)*1e3, "rev-ms")
	b.ReportMetric(built*1e3, "graph-ms")
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// latentModel is a latent ODE with its objective.
type latentModel struct {
	*layers.LatentODE
	params *graph.Params
	set    latentSettings
}

type latentSettings struct {
	dtype                  tensor.Dtype
	batch, features, times int
	sizes                  layers.LatentODESettings
	method                 *integrators.Tableau
	solver                 integrators.Settings
}

func newLatentModel(t testing.TB, c latentSettings) *latentModel {
	t.Helper()
	if c.method == nil {
		c.method = integrators.Tsit5
	}
	if c.sizes.Latent == 0 {
		c.sizes.Latent = 20
	}
	for i := range c.times {
		c.solver.SaveAt = append(c.solver.SaveAt, float64(i)/float64(c.times-1))
	}
	p := graph.NewParams(c.dtype)
	return &latentModel{must(layers.NewLatentODE(p, c.features, c.method, 0, 1, &c.solver, &c.sizes, rand.New(rand.NewPCG(3, 4)))), p, c}
}

func (m *latentModel) inputs() []graph.Spec {
	rows := m.set.times * m.set.batch
	in := func(name string, shape ...int) graph.Spec {
		return graph.Spec{Name: name, Dtype: m.set.dtype, Shape: shape}
	}
	return []graph.Spec{in("x", rows, 2*m.set.features+1), in("eps", m.set.batch, m.set.sizes.Latent),
		in("data", rows, m.set.features), in("mask", rows, m.set.features), in("lambda")}
}

// objective is the loss of the model with KL weight and all regularizers.
func (m *latentModel) objective(t testing.TB) *graph.Objective {
	t.Helper()
	return must(graph.NewObjective(m.params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		l, err := m.Loss(s, in[0], in[1], in[2], in[3], in[4])
		if err != nil {
			return nil, err
		}
		for _, r := range m.set.solver.Regularizers {
			if l, err = losses.Penalized(s, l, r, in[4]); err != nil {
				return nil, err
			}
		}
		return l, nil
	}, nil))
}

// data returns random series of which a part is observed, with the noise and a
// weight of the KL divergence.
func (m *latentModel) data(rng *rand.Rand, observed float64) []gorgonia.Value {
	var v []gorgonia.Value
	for _, in := range m.inputs() {
		v = append(v, value.New(m.set.dtype, in.Shape...))
	}
	x, eps, data, mask := make([]float64, v[2].Shape().TotalSize()), make([]float64, v[1].Shape().TotalSize()), 2, 3
	m01 := make([]float64, len(x))
	for i := range x {
		if rng.Float64() < observed {
			x[i], m01[i] = rng.Float64(), 1
		}
	}
	for i := range eps {
		eps[i] = rng.NormFloat64()
	}
	value.SetFloat64s(v[1], eps)
	value.SetFloat64s(v[data], x)
	value.SetFloat64s(v[mask], m01)
	value.SetScalar(v[4], 0.4)
	if err := layers.RecognitionInput(v[0], v[data], v[mask], m.set.solver.SaveAt); err != nil {
		panic(err)
	}
	return v
}
