package exchange_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// TestLogitsOfPyTorch compares predictions with those of PyTorch by the same steps, from
// either file.
func TestLogitsOfPyTorch(t *testing.T) {
	const rows, images = 100, 25 // in the file, and those that are compared
	want := graph.NewParams(tensor.Float32)
	add(t, want, 0, "logits", rows, mnist.Classes)
	if err := exchange.Npz.LoadFile("testdata/logits.npz", want, nil); err != nil {
		t.Fatal(err)
	}
	_, test, err := mnist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	x := tensor.New(tensor.WithShape(images, mnist.Pixels), tensor.Of(tensor.Float32))
	if err := mnist.Fill(test, datasets.Indices(0, images), x.Float32s(), nil); err != nil {
		t.Fatal(err)
	}
	solver := &integrators.Settings{FixedSteps: 100}
	params, model := odeNet(8, integrators.RK4, solver)
	if err := exchange.Safetensors.LoadFile("testdata/odenet.safetensors", params, odeNetSettings(params)); err != nil {
		t.Fatal(err)
	}
	arrays, _ := odeNet(8, integrators.RK4, solver)
	if err := exchange.Npz.LoadFile("testdata/odenet.npz", arrays, odeNetSettings(arrays)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(params.Float64s(), arrays.Float64s()) {
		t.Error("the two files have different weights")
	}
	p, err := graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		logits, err := model.Forward(s, in[0])
		return gorgonia.Nodes{logits}, err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	y, err := p.Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	worst, scale := 0.0, 0.0
	for i, v := range value.Float64s(y[0]) {
		worst = max(worst, math.Abs(v-want.Float64s()[i]))
		scale = max(scale, math.Abs(v))
	}
	if worst > 1e-4 || scale < 1 {
		t.Errorf("logits up to %v differ by %v", scale, worst)
	}
}
