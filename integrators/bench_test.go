package integrators

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// The benchmarks solve with a small network, (32, 8) states and 32 hidden
// units, where the bookkeeping of a step shows beside its arithmetic. They
// report the time of an accepted step; the largest is left out with -short.

const benchBatch, benchDim, benchHidden = 32, 8, 32

var benchSteps = []int{10, 100, 1000, 10000}

func benchODE(b *testing.B, set *Settings) (*Solver, *graph.Params, *tensor.Dense) {
	p := graph.NewParams(tensor.Float64)
	o, err := NewSolver(Equation{Drift: fusedNet(b, p, benchDim, benchHidden), Params: p, T1: 1}, Tsit5, set)
	if err != nil {
		b.Fatal(err)
	}
	z0 := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(benchBatch, benchDim))
	for i := range z0.Float64s() {
		z0.Float64s()[i] = float64(i%7) / 7
	}
	return o, p, z0
}

// benchSettings are settings under which a solve takes about n steps.
func benchSettings(n int, adaptive bool) Settings {
	s := Settings{MaxSteps: n + 100, Regularizers: []Regularizer{{Term: Error, Aggregation: Mean}, {Term: Stiffness, Aggregation: Max}}}
	if adaptive {
		s.MaxStep = 1 / float64(n)
	} else {
		s.FixedSteps = n
	}
	return s
}

// eachSize runs f for every number of steps, fixed and adaptive, and reports
// its time by accepted step.
func eachSize(b *testing.B, f func(b *testing.B, o *Solver, p *graph.Params, z0 *tensor.Dense)) {
	for _, kind := range []string{"fixed", "adaptive"} {
		for _, n := range benchSteps {
			if n > 1000 && testing.Short() {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				set := benchSettings(n, kind == "adaptive")
				o, p, z0 := benchODE(b, &set)
				b.ReportAllocs()
				f(b, o, p, z0)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(o.Last().Accepted), "ns/step")
			})
		}
	}
}

func evaluateOnce(b *testing.B, obj *graph.Objective, z0 gorgonia.Value) {
	if _, err := obj.Evaluate(z0); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkPredict(b *testing.B) {
	eachSize(b, func(b *testing.B, o *Solver, _ *graph.Params, z0 *tensor.Dense) {
		solve := func() {
			if _, err := o.Predict(z0); err != nil {
				b.Fatal(err)
			}
		}
		solve() // compiles
		for b.Loop() {
			solve()
		}
	})
}

// BenchmarkCacheHit is a loss and its gradient on a graph that is there.
func BenchmarkCacheHit(b *testing.B) {
	eachSize(b, func(b *testing.B, o *Solver, p *graph.Params, z0 *tensor.Dense) {
		obj := objectiveOf(b, p, o.Unroll)
		evaluateOnce(b, obj, z0)
		for b.Loop() {
			evaluateOnce(b, obj, z0)
		}
	})
}

// BenchmarkCacheMiss builds, differentiates and plans the graph as well. The
// functions of a step are compiled already.
func BenchmarkCacheMiss(b *testing.B) {
	eachSize(b, func(b *testing.B, o *Solver, p *graph.Params, z0 *tensor.Dense) {
		evaluateOnce(b, objectiveOf(b, p, o.Unroll), z0)
		for b.Loop() {
			evaluateOnce(b, objectiveOf(b, p, o.Unroll), z0)
		}
	})
}

// BenchmarkCompile traces, differentiates and plans the functions of a step.
func BenchmarkCompile(b *testing.B) {
	for _, m := range []Method{Tsit5, Dopri8, Rosenbrock23, Rodas5P} {
		b.Run(m.traits().name, func(b *testing.B) {
			p := graph.NewParams(tensor.Float64)
			o, err := NewSolver(Equation{Drift: fusedNet(b, p, benchDim, benchHidden), Params: p, T1: 1}, m, nil)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := compile(o, form{batch: benchBatch, dim: benchDim, dtype: tensor.Float64}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
