package networks_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// TestEnsembleIsTheMeanOfTrajectories solves for ten copies of every row, the
// copies of all rows one below the other, and averages by hand.
func TestEnsembleIsTheMeanOfTrajectories(t *testing.T) {
	params := graph.NewParams(tensor.Float64)
	net, err := networks.NewMNISTSDE(params, rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	node, err := net.Solve(params, integrators.SOSRI, &integrators.Settings{AbsTol: 0.1, RelTol: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	const batch, n, state = 3, 10, 32
	x := value.New(tensor.Float64, batch, state)
	copies := value.New(x.Dtype(), n*batch, state)
	for i := range copies.Size() {
		v := math.Sin(float64(i % (batch * state)))
		copies.Data().([]float64)[i] = v
		x.Data().([]float64)[i%(batch*state)] = v
	}

	p, err := graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := networks.Ensemble{SDE: node, Trajectories: n}.Forward(s, in[0])
		return gorgonia.Nodes{y}, err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Predict(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	got := append([]float64{}, value.Float64s(out[0])...)

	sol, err := node.Predict(copies)
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

// TestBadEnsembles: an ensemble of nothing has no mean, and one of a layer with save
// times none that is meant.
func TestBadEnsembles(t *testing.T) {
	saves, err := layers.NewNeuralODE(graph.NewParams(tensor.Float64), layers.Chain{}, 0, 1, integrators.Tsit5, &integrators.Settings{SaveAt: []float64{0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		e    networks.Ensemble
		want string
	}{
		{networks.Ensemble{SDE: layers.Chain{}, Trajectories: -1}, "-1 trajectories"},
		{networks.Ensemble{Trajectories: 2}, "expected at least one of a layer"},
		{networks.Ensemble{SDE: saves, Trajectories: 2}, "expected 2 rows"},
	} {
		p, err := graph.NewPredictor(nil, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := tt.e.Forward(s, in[0])
			return gorgonia.Nodes{y}, err
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Predict(t.Context(), value.New(tensor.Float64, 1, 2)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, expected one of %q", err, tt.want)
		}
	}
}
