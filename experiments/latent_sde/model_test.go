package main

import (
	"maps"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/lorenz"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/layers"
)

// newTest returns a model in a small configuration.
func newTest(t *testing.T, change func(*trainer.Config)) *latentSDE {
	t.Helper()
	cfg := trainer.Config{Epochs: 2, Batch: 8, LearnRate: 0.01, Tol: 0.5, Method: "sosri", Dtype: "float64", Params: sizes()}
	if change != nil {
		change(&cfg)
	}
	m, err := newModel(cfg, "vanilla", 1)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*latentSDE)
}

// TestParameters counts those of the network of torchsde's example, whose GRU has a
// second bias in every gate.
func TestParameters(t *testing.T) {
	dense := func(sizes ...int) (n int) {
		for i, in := range sizes[:len(sizes)-1] {
			n += (in + 1) * sizes[i+1]
		}
		return n
	}
	m := newTest(t, func(c *trainer.Config) {
		c.Params = maps.Clone(experiment.Paper.Params)
		c.Params[paths], c.Params[testPaths] = 1, 1
	})
	want := 3*dense(3+128, 128) + dense(128, 64) + dense(64, 2*4) + // encoder
		dense(4+64, 128, 128, 4) + dense(4, 128, 128, 4) + 4*dense(1, 128, 1) + 2*4 + dense(4, 3)
	if got := m.Params.Len(); got != want {
		t.Errorf("%d parameters, expected %d", got, want)
	}
}

// TestLossIsTheBound recomputes the loss that an iteration reports from what it records,
// whatever the weight of the divergence, and the one on the test set from single batches.
func TestLossIsTheBound(t *testing.T) {
	m := newTest(t, nil)
	batch := []int{3, 1, 4, 15, 9, 2, 6, 5}
	for _, number := range []int{1, 100} { // the weight is ¼, then 1
		_, bound, err := m.Forward(m.inputs(m.train, batch, number, 0, 1)...)
		if err != nil {
			t.Fatal(err)
		}
		r, err := m.Iterate(trainer.Iteration{Epoch: 1, Number: number, Batch: batch})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.Loss-bound) > 1e-10*bound {
			t.Errorf("iteration %d: loss %v, expected %v", number, r.Loss, bound)
		}
		for _, d := range []string{layers.InitialDivergenceRecord, layers.PathDivergenceRecord} {
			if x := value.Scalar(m.Recorded(d)); !(x > 0) {
				t.Errorf("iteration %d: %s is %v", number, d, x)
			}
		}
	}
	var want float64 // 20 paths in batches of 8
	for k, b := range [][2]int{{0, 8}, {8, 16}, {16, 20}} {
		_, bound, err := m.Forward(m.inputs(m.test, datasets.Indices(b[0], b[1]), -k-1, 0, 1)...)
		if err != nil {
			t.Fatal(err)
		}
		want += bound * float64(b[1]-b[0]) / 20
	}
	got, err := m.Evaluate(1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(got.TestLoss-want) > 1e-10*want {
		t.Errorf("loss on the test set %v, expected %v", got.TestLoss, want)
	}
}

// TestSeries: paths are normalized, of a seed, and stacked with the times first.
func TestSeries(t *testing.T) {
	m := newTest(t, func(c *trainer.Config) { c.Params[paths], c.Params[sigma] = 500, 0.1 })
	s := lorenz.ScaleOf(m.train)
	for j := range lorenz.Dim {
		if math.Abs(s.Mean[j]) > 0.01 || math.Abs(s.Deviation[j]-math.Hypot(1, 0.1)) > 0.01 {
			t.Errorf("coordinate %d: mean %v, standard deviation %v", j+1, s.Mean[j], s.Deviation[j])
		}
	}
	x := value.Float64s(m.batch(m.test, []int{7, 2}))
	for i, from := range [][2]int{{7, 0}, {2, 0}, {7, 1}, {2, 1}} {
		at := from[0]*m.size() + from[1]*lorenz.Dim
		if got, want := x[i*lorenz.Dim:(i+1)*lorenz.Dim], m.test[at:at+lorenz.Dim]; !slices.Equal(got, want) {
			t.Errorf("row %d is %v, expected %v", i, got, want)
		}
	}
	cfg := trainer.Config{Params: sizes(), Limit: 3}
	one, again, two := draw(cfg, 1), draw(cfg, 1), draw(cfg, 2)
	if len(one.train) != 3*one.size() || len(one.test) != 20*one.size() {
		t.Errorf("%d numbers to train with and %d to test with, expected 3 and 20 paths", len(one.train), len(one.test))
	}
	if !slices.Equal(one.train, again.train) || !slices.Equal(one.test, again.test) || slices.Equal(one.train, two.train) {
		t.Error("paths are not those of the seed")
	}
}

// TestPictures: the bands of a path are around the mean, and there is a line for every
// sample.
func TestPictures(t *testing.T) {
	m := newTest(t, nil)
	panels, err := fit(m, "vanilla")
	if err != nil {
		t.Fatal(err)
	}
	if len(panels) != 4 {
		t.Fatalf("%d panels, expected 4", len(panels))
	}
	one := panels[3].Series
	for j, s := range one[:lorenz.Dim] {
		if data := one[lorenz.Dim+j]; len(s.Y) != 12 || data.Y[3] != m.test[3*lorenz.Dim+j] {
			t.Errorf("%s: %d means, data %v", s.Name, len(s.Y), data.Y)
		}
		if spread := floats.Max(s.High) - floats.Min(s.Low); !(spread > 0) {
			t.Errorf("%s: bands have the height %v", s.Name, spread)
		}
	}
	for _, p := range panels[:3] {
		if len(p.Series) != 20+1 || len(p.Series[19].X) != 12 || len(p.Series[20].X) != 20*12 {
			t.Errorf("%s: %d lines, expected 20 samples and the observations of 20 paths", p.Title, len(p.Series))
		}
	}
	again, err := fit(m, "vanilla")
	if err != nil || !slices.Equal(again[1].Series[10].Y, panels[1].Series[10].Y) {
		t.Errorf("the samples are others when drawn again, error %v", err)
	}
}
