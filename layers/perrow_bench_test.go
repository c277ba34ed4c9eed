package layers_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// BenchmarkStepsPerRow compares training iterations, and predictions, on a batch of
// equal rows that share their steps with those of rows with steps of their own, which
// are the same. It reports the quotients of the shortest times, measured in turn.
func BenchmarkStepsPerRow(b *testing.B) {
	for _, tt := range []struct {
		name                string
		rows, width, hidden int
		tol                 float64
	}{
		{"small", 16, 20, 10, 1e-5}, {"wider", 16, 20, 50, 1e-5}, {"middle", 32, 40, 100, 1e-5},
		{"MNIST", batch, dim, hidden, 1e-2},
	} {
		b.Run(tt.name, func(b *testing.B) { benchmarkStepsPerRow(b, tt.rows, tt.width, tt.hidden, tt.tol) })
	}
}

func benchmarkStepsPerRow(b *testing.B, rows, width, hidden int, tol float64) {
	x := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, width))
	rng := rand.New(rand.NewPCG(1, 1))
	first := x.Float32s()[:width]
	for i := range first {
		first[i] = rng.Float32()
	}
	for r := range rows {
		copy(x.Float32s()[r*width:], first)
	}
	var train, predict [2]func()
	var nfe [2]int
	for i, steps := range []integrators.Stepping{integrators.Shared, integrators.PerRow} {
		rng := rand.New(rand.NewPCG(1, 1))
		p := graph.NewParams(tensor.Float32)
		d1, _ := layers.NewTimeDense(p, "d1", width, hidden, layers.Tanh, rng)
		d2, _ := layers.NewTimeDense(p, "d2", hidden, width, layers.Tanh, rng)
		node, err := layers.NewNeuralODE(p, layers.Chain{d1, d2}, 0, 1, integrators.Tsit5, &integrators.Settings{
			Steps: steps, AbsTol: tol, RelTol: tol, Regularizers: []integrators.Regularizer{{Term: integrators.Error}, {Term: integrators.Stiffness}}})
		if err != nil {
			b.Fatal(err)
		}
		obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			out, err := node.Unroll(s, in[0])
			if err != nil {
				return nil, err
			}
			loss, err := gorgonia.Mean(out[0])
			for _, r := range out[1:] {
				if err == nil {
					loss, err = gorgonia.Add(loss, r)
				}
			}
			return loss, err
		}, nil)
		if err != nil {
			b.Fatal(err)
		}
		train[i] = func() {
			if _, err := obj.Evaluate(x); err != nil {
				b.Fatal(err)
			}
			nfe[i] = node.Last().NFE
		}
		predict[i] = func() {
			if _, err := node.Predict(x); err != nil {
				b.Fatal(err)
			}
		}
		for range 2 {
			train[i]()
			predict[i]()
		}
	}
	if nfe[0] != nfe[1] {
		b.Fatalf("%d evaluations with steps per row, %d shared, expected as many", nfe[1], nfe[0])
	}
	quickest := func(times *[2]time.Duration, run [2]func()) {
		for i, f := range run {
			start := time.Now()
			f()
			if d := time.Since(start); times[i] == 0 || d < times[i] {
				times[i] = d
			}
		}
	}
	var training, prediction [2]time.Duration
	for b.Loop() {
		quickest(&training, train)
		quickest(&prediction, predict)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(nfe[0]), "nfe")
	b.ReportMetric(training[0].Seconds()*1e6, "shared-µs")
	b.ReportMetric(training[1].Seconds()/training[0].Seconds(), "perrow/shared")
	b.ReportMetric(prediction[1].Seconds()/prediction[0].Seconds(), "predict-perrow/shared")
}
