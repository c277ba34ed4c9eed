package layers_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// TestEventTime: a layer whose solve ends at an event records the time, in training
// with its derivative, and in predictions.
func TestEventTime(t *testing.T) {
	params := graph.NewParams(tensor.Float64)
	rate, err := layers.NewDense(params, "rate", 1, 1, layers.Identity, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	params.Vector().Float64s()[0] = -2 // z' = -2z, from 1 to 1/2
	half := integrators.Event{G: func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.Sub(gorgonia.Must(gorgonia.Sum(z)), gorgonia.NewConstant(0.5))
	}}
	ode, err := layers.NewNeuralODE(params, rate, 0, math.Inf(1), integrators.Tsit5, &integrators.Settings{
		AbsTol: 1e-10, RelTol: 1e-10, Events: []integrators.Event{half}, RequireEvent: true, Regularizers: regularizers})
	if err != nil {
		t.Fatal(err)
	}
	build := func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		z, err := ode.Forward(s, in[0])
		return append(gorgonia.Nodes{z}, s.Recorded(integrators.EventTime)...), err
	}
	x := tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{1}))
	pred, err := graph.NewPredictor(params, build, nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pred.Predict(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		out, err := build(s, in)
		return out[1], err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := obj.Evaluate(x)
	if err != nil {
		t.Fatal(err)
	}
	grad, err := params.Grad()
	if err != nil {
		t.Fatal(err)
	}
	want := math.Ln2 / 2
	if z, p := value.Scalar(out[0]), value.Scalar(out[1]); math.Abs(z-0.5) > 1e-9 || math.Abs(p-want) > 1e-9 || math.Abs(at-want) > 1e-9 {
		t.Errorf("z = %v at %v predicted, at %v in training, expected 1/2 at %v", z, p, at, want)
	}
	if d := value.Float64s(grad)[0]; math.Abs(d-want/2) > 1e-7 {
		t.Errorf("derivative of the time by the rate %v, expected %v", d, want/2)
	}
	if !ode.HasEvents() || ode.Last().Event != 0 {
		t.Errorf("event %d of the last solve, expected 0", ode.Last().Event)
	}
}
