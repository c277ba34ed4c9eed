package integrators

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// decaying is dz/dt = z·W for W = diag(−1, −2).
func decaying(t *testing.T, settings *Settings) (*Solver, *graph.Params) {
	t.Helper()
	p := graph.NewParams(tensor.Float64)
	w, err := p.Add("w", func(w []float64) { w[0], w[3] = -1, -2 }, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	o, err := NewSolver(Equation{Drift: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		return ops.MatMul(z, gorgonia.Must(s.Param(w)), false, false)
	}, Params: p, T1: 1}, Tsit5,

		settings)

	if err != nil {
		t.Fatal(err)
	}
	return o, p
}

func pairs(n int) gorgonia.Value {
	z := value.New(tensor.Float64, n, 2)
	x := make([]float64, 2*n)
	for i := range x {
		x[i] = float64(i%7 - 3)
	}
	value.SetFloat64s(z, x)
	return z
}

// TestManyForms predicts with a hundred batch sizes, and again: memory stays that
// of the forms most recently used, and a form that was forgotten gives the same
// solution.
func TestManyForms(t *testing.T) {
	const forms = 4
	o, _ := decaying(t, &Settings{Forms: forms})
	want := map[int][]float64{}
	most := 0
	for pass := range 2 {
		for n := 1; n <= 100; n++ {
			sol, err := o.Predict(pairs(n))
			if err != nil {
				t.Fatal(err)
			}
			if z := value.Float64s(sol.Z); pass == 0 {
				want[n] = z
			} else if !slices.Equal(z, want[n]) {
				t.Errorf("batch %d: %v after it was forgotten, expected %v", n, z, want[n])
			}
			if got := min(n+100*pass, forms); len(o.compiled) != got {
				t.Fatalf("functions for %d forms after batch %d, expected %d", len(o.compiled), n, got)
			}
		}
		if pass == 0 {
			most = o.Bytes()
		} else if o.Bytes() != most {
			t.Errorf("%d bytes after the second pass, expected %d as after the first", o.Bytes(), most)
		}
	}
}

// TestRecentForms keeps the form that is used between others.
func TestRecentForms(t *testing.T) {
	o, _ := decaying(t, &Settings{Forms: 3})
	var first *compiled
	for _, n := range []int{5, 1, 2, 5, 3, 4, 5, 1} {
		if _, err := o.Predict(pairs(n)); err != nil {
			t.Fatal(err)
		}
		s := o.compiled[form{batch: 5, dim: 2, dtype: tensor.Float64}]
		if first == nil {
			first = s
		}
		if s != first {
			t.Fatalf("after batch %d the functions of batch 5 are others, expected the same", n)
		}
	}
}

// TestForgottenFormInGraph evaluates a loss whose solver is forgotten between
// evaluations: the graph is still in its cache, and loss and gradient are those
// of before.
func TestForgottenFormInGraph(t *testing.T) {
	for _, set := range []Settings{{}, {Memory: Checkpoint}, {Mode: Inline}, {SaveAt: []float64{0, 0.3, 1}}} {
		set.Forms = 2
		o, p := decaying(t, &set)
		objective, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			z, err := o.Unroll(s, in[0])
			if err != nil {
				return nil, err
			}
			return ops.MeanSquare(z[0])
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var loss float64
		var grad []float64
		for i := range 3 {
			l, g, err := evaluate(objective, p, pairs(3))
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				loss, grad = l, value.Float64s(g)
			} else if l != loss || !slices.Equal(value.Float64s(g), grad) {
				t.Errorf("%+v: loss %v and gradient %v, expected %v and %v", set, l, g, loss, grad)
			}
			if hits := objective.Cache().Hits; hits != i {
				t.Errorf("%+v: %d graphs from the cache, expected %d", set, hits, i)
			}
			for n := 10; n < 13; n++ {
				if _, err := o.Predict(pairs(n)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
