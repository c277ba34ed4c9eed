package main

import (
	"math"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// newTest returns a model in a small configuration.
func newTest(t *testing.T, trace string) *flow {
	t.Helper()
	cfg := trainer.Config{
		Epochs: 2, Batch: 64, LearnRate: 0.02, Tol: 1e-5, Method: "tsit5", Dtype: "float64",
		TaylorOrder: 2, Params: map[string]float64{points: 200, testPoints: shown},
		Options: map[string]string{distribution.Name: "6gaussians", estimator.Name: trace, architecture.Name: "code"},
	}
	m, err := newModel(cfg, "vanilla", 1)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*flow)
}

// TestArchitectures counts the parameters of both networks.
func TestArchitectures(t *testing.T) {
	layer := func(in, out int) int { return (in + 4) * out } // W, b, the gate, and the shift with its bias
	for arch, want := range map[string]int{
		"code":   layer(2, 16) + layer(16, 16) + layer(16, 2),
		"ffjord": layer(2, 64) + 2*layer(64, 64) + layer(64, 2),
	} {
		m, err := newModel(trainer.Config{
			Tol: 1e-3, Method: "tsit5", TaylorOrder: 2, Params: map[string]float64{points: 1, testPoints: 1},
			LearnRate: 1, Options: map[string]string{distribution.Name: "moons", architecture.Name: arch},
		}, "vanilla", 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.(*flow).Params.Len(); got != want {
			t.Errorf("%s: %d parameters, expected %d", arch, got, want)
		}
	}
}

// TestEvaluatesTheExactTrace: probes serve training alone.
func TestEvaluatesTheExactTrace(t *testing.T) {
	var want trainer.Metrics
	for i, trace := range estimator.Values {
		m := newTest(t, trace)
		got, err := m.Evaluate(1)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = got
		}
		if got.TestLoss != want.TestLoss || got.NFE != want.NFE {
			t.Errorf("%s: NLL %v in %d evaluations, expected %v in %d", trace, got.TestLoss, got.NFE, want.TestLoss, want.NFE)
		}
		r, err := m.Iterate(trainer.Iteration{Epoch: 1, Number: 1, Batch: []int{3, 1, 4}})
		if err != nil {
			t.Fatal(err)
		}
		logs, err := newTest(t, trace).cnf.LogDensity(m.matrix(m.rows(m.train, []int{3, 1, 4})))
		if err != nil {
			t.Fatal(err)
		}
		nll := -(logs[0] + logs[1] + logs[2]) / 3
		if exact := math.Abs(r.Loss-nll) < 1e-10; exact != (trace == "exact") {
			t.Errorf("%s: loss %v in training, the exact one is %v", trace, r.Loss, nll)
		}
	}
}

// TestPictures: points, a density that integrates to one, and lines that begin at a
// datum and end at a point of the grid.
func TestPictures(t *testing.T) {
	m := newTest(t, "exact")
	panels, err := fit(m, "vanilla")
	if err != nil {
		t.Fatal(err)
	}
	if len(panels) != 4 {
		t.Fatalf("%d panels, expected 4", len(panels))
	}
	for i, want := range map[int]int{0: shown, 2: shown} {
		if got := len(panels[i].Series[0].X); got != want {
			t.Errorf("%s: %d points, expected %d", panels[i].Title, got, want)
		}
	}
	mass := 0.0
	for _, p := range panels[1].Heat.Values {
		mass += p * math.Pow(2*m.set.Extent/cells, 2)
	}
	if math.Abs(mass-1) > 1e-3 {
		t.Errorf("the density integrates to %v", mass)
	}
	series := panels[3].Series
	n := len(series) - 2
	latent, data := series[n], series[n+1]
	for k, way := range series[:n] {
		if way.X[0] != data.X[k] || way.Y[0] != data.Y[k] {
			t.Fatalf("line %d begins at (%v, %v), expected (%v, %v)", k, way.X[0], way.Y[0], data.X[k], data.Y[k])
		}
		last := len(way.X) - 1
		if d := math.Hypot(way.X[last]-latent.X[k], way.Y[last]-latent.Y[k]); d > 1e-3 {
			t.Errorf("line %d ends %v from its point of the grid", k, d)
		}
	}
}

// TestSeedsDrawPoints: variants share their points, seeds do not, and no point is both
// trained and tested with.
func TestSeedsDrawPoints(t *testing.T) {
	cfg := trainer.Config{Params: map[string]float64{points: 100, testPoints: 50}, Options: map[string]string{distribution.Name: "pinwheel"}}
	one, err := load(cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	two, err := load(cfg, 2)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Limit = 10
	few, err := load(cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(one.train) != 200 || len(one.test) != 100 || len(few.train) != 20 {
		t.Errorf("%d numbers to train with and %d to test with, %d with a limit of 10 points", len(one.train), len(one.test), len(few.train))
	}
	if one.train[0] != few.train[0] || one.train[0] == two.train[0] || one.test[0] == two.test[0] || one.test[0] == one.train[0] {
		t.Errorf("first coordinates %v and %v with seed 1, %v and %v with seed 2, %v with seed 1 and a limit",
			one.train[0], one.test[0], two.train[0], two.test[0], few.train[0])
	}
}
