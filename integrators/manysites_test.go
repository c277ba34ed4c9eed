package integrators

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// chained is a loss with an adaptive solve for each of n observations, each from
// the state before plus the observation, as in an ODE-RNN.
func chained(t testing.TB, n int, settings *Settings) (*graph.Objective, *Solver) {
	t.Helper()
	p := graph.NewParams(tensor.Float64)
	o, err := NewSolver(Equation{Drift: fusedNet(t, p, 2, 8), Params: p, T1: 2}, Tsit5, settings)
	if err != nil {
		t.Fatal(err)
	}
	in := make([]graph.Spec, n)
	for i := range in {
		in[i] = graph.Spec{Name: string(rune('a' + i)), Dtype: tensor.Float64, Shape: tensor.Shape{4, 2}}
	}
	objective, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (loss *gorgonia.Node, err error) {
		z := in[0]
		var terms gorgonia.Nodes
		for i := range in {
			if i > 0 {
				if z, err = gorgonia.Add(z, in[i]); err != nil {
					return nil, err
				}
			}
			out, err := o.Unroll(s, z)
			if err != nil {
				return nil, err
			}
			z, terms = out[0], append(terms, out[1:]...)
		}
		square, err := ops.MeanSquare(z)
		if err != nil {
			return nil, err
		}
		return ops.Total(0, append(terms, square))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return objective, o
}

// observations are n matrices whose size varies, and with it the steps.
func observations(rng *rand.Rand, n int) []gorgonia.Value {
	in := make([]gorgonia.Value, n)
	for i := range in {
		in[i] = value.New(tensor.Float64, 4, 2)
		x, size := make([]float64, 8), math.Exp(2*rng.NormFloat64())
		for j := range x {
			x[j] = size * rng.NormFloat64()
		}
		value.SetFloat64s(in[i], x)
	}
	return in
}

// TestManySites evaluates a loss of ten adaptive solves on other observations every
// time. The numbers of steps hardly ever come up twice; a graph with calls for
// more steps serves all the same, and gives the bits of a graph of its own.
func TestManySites(t *testing.T) {
	const sites, evaluations = 10, 60
	settings := &Settings{AbsTol: 1e-5, RelTol: 1e-5, Regularizers: []Regularizer{{Term: Error}, {Term: Stiffness, Aggregation: Mean}, {Term: ErrorSquared, Aggregation: Max}}}
	objective, o := chained(t, sites, settings)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range evaluations {
		in := observations(rng, sites)
		loss, grad, err := evaluate(objective, o.equation.Params, in...)
		if err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 || i == evaluations-1 {
			fresh, o := chained(t, sites, settings)
			want, dwant, err := evaluate(fresh, o.equation.Params, in...)
			if err != nil {
				t.Fatal(err)
			}
			if loss != want || !slices.Equal(value.Float64s(grad), value.Float64s(dwant)) {
				t.Errorf("evaluation %d: loss %v, expected %v and the same gradient, bit for bit", i, loss, want)
			}
		}
	}
	if st := objective.Cache(); st.Misses > evaluations/3 {
		t.Errorf("%d graphs built in %d evaluations, expected few", st.Misses, evaluations)
	}
}

// BenchmarkManySites compares adaptive solves in a loop with a fixed number of
// steps.
func BenchmarkManySites(b *testing.B) {
	for name, settings := range map[string]*Settings{
		"adaptive": {AbsTol: 1e-5, RelTol: 1e-5},
		"fixed":    {FixedSteps: 8},
	} {
		b.Run(name, func(b *testing.B) {
			objective, o := chained(b, 10, settings)
			rng := rand.New(rand.NewPCG(1, 2))
			steps := 0
			for b.Loop() {
				if _, err := objective.Evaluate(observations(rng, 10)...); err != nil {
					b.Fatal(err)
				}
				steps += o.Last().Accepted
			}
			st := objective.Cache()
			b.ReportMetric(float64(st.Misses)/float64(b.N), "built/op")
			b.ReportMetric(float64(steps)/float64(b.N), "last-steps/op")
		})
	}
}
