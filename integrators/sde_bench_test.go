package integrators

import (
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// The benchmarks of SDEs solve with the small network of those of ODEs in 100
// fixed steps. Beside them is the noise alone, which every attempt draws.

const benchSDESteps = 100

func benchSDE(b *testing.B, m *SRI) (*Solver, *graph.Params, *tensor.Dense) {
	p := graph.NewParams(tensor.Float64)
	set := &Settings{FixedSteps: benchSDESteps}
	if m.EstimatesStiffness() {
		set.Regularizers = []Regularizer{{Term: Error, Aggregation: Mean}, {Term: Stiffness, Aggregation: Max}}
	}
	o, err := NewSolver(Equation{Drift: fusedNet(b, p, benchDim, benchHidden), Diffusion: fusedDiffusion(b, p, benchDim), Params: p, T1: 1, Noise: &Noise{Grid: -1}}, m, set)
	if err != nil {
		b.Fatal(err)
	}
	z0 := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(benchBatch, benchDim))
	for i := range z0.Float64s() {
		z0.Float64s()[i] = float64(i%7) / 7
	}
	return o, p, z0
}

// eachSRI runs f for methods of different cost and reports its time by step.
func eachSRI(b *testing.B, f func(b *testing.B, o *Solver, p *graph.Params, z0 *tensor.Dense)) {
	for _, m := range []*SRI{SOSRI2, SRIW1, EulerMaruyama} {
		b.Run(m.Name, func(b *testing.B) {
			o, p, z0 := benchSDE(b, m)
			b.ReportAllocs()
			f(b, o, p, z0)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSDESteps, "ns/step")
		})
	}
}

func BenchmarkSDEPredict(b *testing.B) {
	eachSRI(b, func(b *testing.B, o *Solver, _ *graph.Params, z0 *tensor.Dense) {
		predictFrom(b, o, z0) // compiles
		for b.Loop() {
			predictFrom(b, o, z0)
		}
	})
}

// BenchmarkSDECacheHit is a loss and its gradient on a graph that is there.
func BenchmarkSDECacheHit(b *testing.B) {
	eachSRI(b, func(b *testing.B, o *Solver, p *graph.Params, z0 *tensor.Dense) {
		obj := objectiveOf(b, p, o.Unroll)
		evaluateOnce(b, obj, z0)
		for b.Loop() {
			evaluateOnce(b, obj, z0)
		}
	})
}

// BenchmarkSDENoise draws the noise of a solve with SOSRI2 and computes what a step
// takes of it.
func BenchmarkSDENoise(b *testing.B) {
	o, _, z0 := benchSDE(b, SOSRI2)
	s, err := o.compiledFor(z0, nil)
	if err != nil {
		b.Fatal(err)
	}
	r := s.newSolve(z0, nil, false)
	defer r.Release()
	r.trial = s.bare.step.NewFrame()
	b.ReportAllocs()
	for b.Loop() {
		if err := r.startPath(); err != nil {
			b.Fatal(err)
		}
		for i := range benchSDESteps {
			r.followPath(float64(i)/benchSDESteps, 1./benchSDESteps)
			r.tried = false // accepted
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSDESteps, "ns/step")
}
