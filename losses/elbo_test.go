package losses_test

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/losses"
)

// TestKLDivergenceFrom compares with gonum's divergence of normal distributions, and the
// gradient with differences.
func TestKLDivergenceFrom(t *testing.T) {
	q := []float64{0.3, -1, 0.5, -0.2, 1.5, 0.1, -0.7, 0.4}
	p := []float64{0.2, -0.4, 0.6, -0.9}
	var want float64
	for i := range 2 {
		row := q[4*i:]
		for j := range 2 {
			want += distuv.KullbackLeibler{}.DistNormal(
				distuv.Normal{Mu: row[j], Sigma: math.Exp(row[2+j] / 2)},
				distuv.Normal{Mu: p[j], Sigma: math.Exp(p[2+j] / 2)}) / 2
		}
	}
	params := graph.NewParams(tensor.Float64)
	add := func(name string, x []float64, shape ...int) *graph.Param {
		d, err := params.Add(name, func(w []float64) { copy(w, x) }, shape...)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	all := []*graph.Param{add("q", q, 2, 4), add("mean", p[:2], 2), add("log variance", p[2:], 2)}
	objective, err := graph.NewObjective(params, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		var n [3]*gorgonia.Node
		for i, d := range all {
			var err error
			if n[i], err = s.Param(d); err != nil {
				return nil, err
			}
		}
		return losses.KLDivergenceFrom(n[0], n[1], n[2])
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	evaluate := func() float64 {
		l, err := objective.Evaluate()
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if got := evaluate(); math.Abs(got-want) > 1e-13 {
		t.Errorf("divergence %v, expected %v", got, want)
	}
	g, err := params.Grad()
	if err != nil {
		t.Fatal(err)
	}
	grad, w := value.Float64s(g), params.Vector().Float64s()
	for i, at := range w {
		const h = 1e-5
		w[i] = at + h
		up := evaluate()
		w[i] = at - h
		want := (up - evaluate()) / (2 * h)
		w[i] = at
		if math.Abs(grad[i]-want) > 1e-8 {
			t.Errorf("gradient %d is %v, expected %v", i, grad[i], want)
		}
	}
}

// TestGaussianLogLikelihood compares with the sum of those of normal distributions.
func TestGaussianLogLikelihood(t *testing.T) {
	x, y := []float64{0.1, 0.2, -0.3, 0.4, 0.5, 0.6, 1, 2}, []float64{0, 0.3, -0.2, 0.4, 0.8, 0.9, 1.5, 2.5}
	const sigma = 0.3
	var want float64
	for i := range x {
		want += distuv.Normal{Mu: x[i], Sigma: sigma}.LogProb(y[i]) / 2 // a batch of two
	}
	got, _, err := lossOf(t, tensor.Float64, 4, 2, x, valueOf(tensor.Float64, y, 4, 2), func(x, y *gorgonia.Node) (*gorgonia.Node, error) {
		return losses.GaussianLogLikelihood(x, y, 2, sigma)
	})
	if err != nil || math.Abs(got-want) > 1e-13*math.Abs(want) {
		t.Errorf("log likelihood %v, error %v, expected %v", got, err, want)
	}
	for mentions, f := range map[string]func(x, y *gorgonia.Node) (*gorgonia.Node, error){
		"likelihood of (4, 2) for a batch of 3": func(x, y *gorgonia.Node) (*gorgonia.Node, error) { return losses.GaussianLogLikelihood(x, y, 3, 1) },
		"deviation 1e+200": func(x, y *gorgonia.Node) (*gorgonia.Node, error) {
			return losses.GaussianLogLikelihood(x, y, 2, 1e200)
		},
		"deviation 1e-200": func(x, y *gorgonia.Node) (*gorgonia.Node, error) {
			return losses.GaussianLogLikelihood(x, y, 2, 1e-200)
		},
		"deviation -1": func(x, y *gorgonia.Node) (*gorgonia.Node, error) { return losses.GaussianLogLikelihood(x, y, 2, -1) },
		"of nil":       func(_, y *gorgonia.Node) (*gorgonia.Node, error) { return losses.GaussianLogLikelihood(nil, y, 2, 1) },
	} {
		if _, _, err := lossOf(t, tensor.Float64, 4, 2, x, valueOf(tensor.Float64, y, 4, 2), f); err == nil || !strings.Contains(err.Error(), mentions) {
			t.Errorf("error %v, expected one that mentions %q", err, mentions)
		}
	}
}
