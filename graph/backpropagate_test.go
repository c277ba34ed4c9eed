package graph_test

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestManyGradientTerms differentiates expressions in which one node is read 1.2·10⁵
// times. Its gradient is a sum of as many terms, and among so many additions
// several pairs have the same 32-bit hash: none may be taken for another.
func TestManyGradientTerms(t *testing.T) {
	if testing.Short() {
		t.Skip("some hundred thousand nodes")
	}
	const n = 120000
	var want float64
	// many returns x, 2x, … , 7x, x, … at n nodes of their own, summed.
	many := func(x *gorgonia.Node) (*gorgonia.Node, error) {
		want = 0
		terms := make([]ops.Term, n)
		for i := range terms {
			c := float64(i%7 + 1)
			y, err := ops.LinComb([]ops.Term{{X: x, C: c}}, nil, nil)
			if err != nil {
				return nil, err
			}
			graph.Reserve(x.Graph(), 256)
			terms[i] = ops.Term{X: y, C: 1}
			want += c
		}
		return ops.LinComb(terms, nil, nil)
	}

	f := mustFunction(t, nil, []graph.Spec{{Name: "x", Dtype: tensor.Float64}}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := many(in[0])
		return gorgonia.Nodes{y}, err
	})
	fr := f.NewFrame()
	run(t, fr, gorgonia.NewF64(1))
	grad := gorgonia.NewF64(0)
	if err := fr.Accumulate([]gorgonia.Value{gorgonia.NewF64(1)}, []gorgonia.Value{grad}, nil); err != nil {
		t.Fatal(err)
	}
	if got := value.Float64s(grad)[0]; got != want {
		t.Errorf("gradient of a function is %v, expected %v", got, want)
	}

	p := declared(t, tensor.Float64, 1, "w")
	o, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		w, err := gorgonia.Sum(s.Theta())
		if err != nil {
			return nil, err
		}
		return many(w)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, g, err := evaluate(o, p)
	if err != nil {
		t.Fatal(err)
	}
	if got := value.Float64s(g)[0]; got != want {
		t.Errorf("gradient of an objective is %v, expected %v", got, want)
	}
}
