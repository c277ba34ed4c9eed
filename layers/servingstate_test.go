package layers_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// TestServeWhileTraining: calls after a snapshot have the parameters of the snapshot,
// however they are trained meanwhile; without one, what would change them under a call
// is refused.
func TestServeWhileTraining(t *testing.T) {
	m := serve("ODE", nil)
	x := points(1, 2)
	objective := must(graph.NewObjective(m.params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		y, err := m.build(s, in)
		if err != nil {
			return nil, err
		}
		return ops.MeanSquare(y[0])
	}, nil))
	adam := must(optim.New(optim.Adam{}, nil))
	step := func() error {
		if _, err := objective.Evaluate(x); err != nil {
			return err
		}
		return adam.Step([]gorgonia.ValueGrad{m.params})
	}
	p, live := m.predictor(nil), m.predictor(nil)
	if err := p.Snapshot(); err != nil {
		t.Fatal(err)
	}
	want := value.Float64s(must(live.Predict(t.Context(), x))[0])
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			for {
				if out, err := p.Predict(t.Context(), x); err != nil || !slices.Equal(value.Float64s(out[0]), want) {
					t.Errorf("during training: %v, error %v, expected %v", out, err, want)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range 20 {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
	if err := p.Snapshot(); err != nil {
		t.Fatal(err)
	}
	now := value.Float64s(must(live.Predict(t.Context(), x))[0])
	if got := value.Float64s(must(p.Predict(t.Context(), x))[0]); slices.Equal(now, want) || !slices.Equal(got, now) {
		t.Errorf("a new snapshot gives %v, the parameters %v, the old snapshot %v", got, now, want)
	}

	if _, err := objective.Evaluate(x); err != nil {
		t.Fatal(err)
	}
	before := m.params.Float64s()
	var refused error
	observed := serve("ODE", &integrators.Settings{Observe: func(integrators.Step) error {
		refused = adam.Step([]gorgonia.ValueGrad{m.params})
		return nil
	}})
	within := must(graph.NewPredictor(m.params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		z, err := observed.layer[0].Forward(s, in[0])
		return gorgonia.Nodes{z}, err
	}, nil))
	if _, err := within.Predict(t.Context(), x); err != nil || !errors.Is(refused, graph.ErrInUse) || !slices.Equal(m.params.Float64s(), before) {
		t.Errorf("a step during a prediction: %v, expected %v; the prediction: %v", refused, graph.ErrInUse, err)
	}
	if err := m.params.BeginChange(); err != nil {
		t.Fatal(err)
	}
	if _, err := live.Predict(t.Context(), x); !errors.Is(err, graph.ErrInUse) {
		t.Errorf("a prediction during a change: %v, expected %v", err, graph.ErrInUse)
	}
	if err := p.Snapshot(); !errors.Is(err, graph.ErrInUse) {
		t.Errorf("a snapshot during a change: %v, expected %v", err, graph.ErrInUse)
	}
	m.params.EndChange()
	if err := step(); err != nil {
		t.Errorf("a step afterwards: %v", err)
	}
}

// TestNoiseOfCalls: the noise of a row depends on the seed and the key of the call.
func TestNoiseOfCalls(t *testing.T) {
	m := serve("SDE", &integrators.Settings{FixedSteps: 8})
	p := m.predictor(nil)
	ask := func(call graph.CallSettings, rows ...int) (y [][]float64) {
		x := make([]float64, 2*len(rows))
		for i, r := range rows {
			x[2*i], x[2*i+1] = float64(r), 1
		}
		out := value.Float64s(must(p.With(call).Predict(t.Context(), matrix(len(rows), 2, x...)))[0])
		for i := range rows {
			y = append(y, out[3*i:3*i+3])
		}
		return y
	}
	seed := func(n uint64, keys ...uint64) graph.CallSettings { return graph.CallSettings{Seed: &n, Keys: keys} }
	all := ask(seed(7, 10, 20, 30), 1, 2, 3)
	for i, key := range []uint64{10, 20, 30} {
		if one := ask(seed(7, key), i+1)[0]; !slices.Equal(one, all[i]) {
			t.Errorf("row %d alone gives %v, in a batch %v", i, one, all[i])
		}
	}
	m.solver.SetSeed(7)
	if own := ask(graph.CallSettings{Keys: []uint64{10}}, 1)[0]; !slices.Equal(own, all[0]) {
		t.Errorf("the solver's seed gives %v, expected %v", own, all[0])
	}
	if other := ask(seed(8, 10), 1)[0]; slices.Equal(other, all[0]) {
		t.Errorf("another seed gives the same %v", other)
	}
	_, err := p.With(seed(7, 1)).Predict(t.Context(), points(1, 2))
	if want := "noise with 1 keys, expected 2"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, expected one with %q", err, want)
	}
}

// TestTimesOfSolver: calls take the times of the solver as they are when they solve.
func TestTimesOfSolver(t *testing.T) {
	m := serve("switch", &integrators.Settings{SaveAt: []float64{1}})
	p := m.predictor(nil)
	for _, end := range []float64{1, 2, 0.5} {
		if err := m.solver.SetTimes(0, end, []float64{end}); err != nil {
			t.Fatal(err)
		}
		fresh := serve("switch", &integrators.Settings{SaveAt: []float64{1}})
		if err := fresh.solver.SetTimes(0, end, []float64{end}); err != nil {
			t.Fatal(err)
		}
		got, want := must(p.Predict(t.Context(), points(1, 2)))[0], must(fresh.predictor(nil).Predict(t.Context(), points(1, 2)))[0]
		if !slices.Equal(value.Float64s(got), value.Float64s(want)) {
			t.Errorf("until %v: %v, expected %v", end, got, want)
		}
	}
}
