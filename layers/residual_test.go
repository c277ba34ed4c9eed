package layers_test

import (
	"context"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
)

// refused fails unless a layer returns an error on x that mentions a text.
func refused(t *testing.T, name string, p *graph.Params, l layers.Layer, x *tensor.Dense, mentions string) {
	t.Helper()
	_, err := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := l.Forward(s, in[0])
		return gorgonia.Nodes{y}, err
	}, nil)).Predict(context.Background(), x)
	if err == nil || !strings.Contains(err.Error(), mentions) {
		t.Errorf("%s: error %v, expected one that mentions %q", name, err, mentions)
	}
}

func TestAugment(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	near(t, "augmented", applyLayer(t, p, layers.Augment(2), matrix(2, 1, 3, 4)), []float64{3, 0, 0, 4, 0, 0}, 0)
	refused(t, "no columns", p, layers.Augment(0), matrix(2, 1, 3, 4), "0 columns")
}

func TestResidual(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	near(t, "x + x³", applyLayer(t, p, layers.Residual{F: layers.Cube{}}, matrix(1, 3, 2, -1, 0.5)), []float64{10, -2, 0.625}, 0)
	refused(t, "no layer", p, layers.Residual{}, matrix(1, 1, 1), "without a layer")
	refused(t, "another shape", p, layers.Residual{F: layers.Augment(1)}, matrix(1, 1, 1), "residual block")
}
