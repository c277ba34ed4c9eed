package main

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// TestEnsembleIsTheMeanOfTrajectories solves for ten copies of every row, the
// copies of all rows one below the other, and averages by hand.
func TestEnsembleIsTheMeanOfTrajectories(t *testing.T) {
	tm, err := newModel(trainer.Config{Method: "sosri", Tol: 0.1, Dtype: "float64", LearnRate: 1, Batch: 1}, "vanilla", 1)
	if err != nil {
		t.Fatal(err)
	}
	m := tm.(*classifier)
	const batch, n = 3, 10
	x := value.New(m.Params.Value().Dtype(), batch, state)
	copies := value.New(x.Dtype(), n*batch, state)
	for i := range copies.Size() {
		v := math.Sin(float64(i % (batch * state)))
		copies.Data().([]float64)[i] = v
		x.Data().([]float64)[i%(batch*state)] = v
	}

	p, err := graph.NewPredictor(m.Params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := ensemble{m.node, n}.Forward(s, in[0])
		return gorgonia.Nodes{y}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	got := append([]float64{}, value.Float64s(out[0])...)

	sol, err := m.node.Predict(copies)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, batch*state)
	z := value.Float64s(sol.Z)
	for i, v := range z {
		want[i%len(want)] += v / n
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Fatalf("entry %d is %v, expected %v", i, got[i], want[i])
		}
	}
	if z[0] == z[len(want)] {
		t.Error("two trajectories of a row are the same")
	}
}
