package graph_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// hook is a site that does anything in a prediction.
type hook struct {
	countingSite
	predict   func(p *graph.Prediction, in []gorgonia.Value) (gorgonia.Value, error)
	instances int // made so far
}

func (h *hook) Instance(func(*graph.Params) *graph.Params, sync.Locker) graph.SiteInstance {
	h.instances++
	return h
}

func (h *hook) Predict(p *graph.Prediction, in []gorgonia.Value) (gorgonia.Value, error) {
	return h.predict(p, in)
}

// hooked returns a predictor of a hook.
func hooked(t *testing.T, h *hook, settings *graph.PredictorSettings) *graph.Predictor {
	t.Helper()
	p, err := graph.NewPredictor(nil, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		return s.Unroll(h, in[0])
	}, settings)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFailedCalls: a call that fails or panics changes no other, at the same time or in
// the same instance.
func TestFailedCalls(t *testing.T) {
	errOwn := errors.New("no solution")
	h := &hook{predict: func(p *graph.Prediction, in []gorgonia.Value) (gorgonia.Value, error) {
		switch x := value.Float64s(in[0])[0]; {
		case x == 1:
			return nil, errOwn
		case x == 2:
			panic("division by zero")
		default:
			p.Note(nil, 1, x)
			return in[0], nil
		}
	}}
	p := hooked(t, h, nil)
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for i := range 30 {
				var report graph.Report
				x := float64((c + i) % 4)
				out, err := p.With(graph.CallSettings{Report: &report}).Predict(t.Context(), matrix(x, 0))
				switch {
				case x == 1 && !errors.Is(err, errOwn), x == 2 && (err == nil || !strings.Contains(err.Error(), "division by zero")):
					t.Errorf("call with %v: error %v", x, err)
				case x == 1 || x == 2:
				case err != nil || value.Float64s(out[0])[0] != x || report.Evaluations != 1 || report.Outcomes[0].Of != x:
					t.Errorf("call with %v: %v, error %v, report %+v", x, out, err, report)
				}
			}
		})
	}
	wg.Wait()
}

// TestWaiting: no more calls are at work than there are instances, and one that waits
// is ended by its context or its time.
func TestWaiting(t *testing.T) {
	begun, goOn := make(chan bool), make(chan bool)
	h := &hook{predict: func(_ *graph.Prediction, in []gorgonia.Value) (gorgonia.Value, error) {
		begun <- true
		<-goOn
		return in[0], nil
	}}
	p := hooked(t, h, &graph.PredictorSettings{Instances: 2})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := p.Predict(t.Context(), matrix(1, 0)); err != nil {
				t.Error(err)
			}
		})
		<-begun
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := p.Predict(ctx, matrix(1, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while waiting: error %v, expected %v", err, context.Canceled)
	}
	if _, err := p.With(graph.CallSettings{TimeLimit: time.Millisecond}).Predict(t.Context(), matrix(1, 0)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("out of time while waiting: error %v, expected %v", err, context.DeadlineExceeded)
	}
	close(goOn)
	wg.Wait()
	if h.instances != 2 {
		t.Errorf("%d instances of the site, expected 2", h.instances)
	}
}

// TestEndedBesideSolves: a call whose context ends where no solve looks at it has no
// result.
func TestEndedBesideSolves(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := hooked(t, &hook{predict: func(_ *graph.Prediction, in []gorgonia.Value) (gorgonia.Value, error) {
		cancel()
		return in[0], nil
	}}, nil)
	if out, err := p.Predict(ctx, matrix(1, 0)); out != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, error %v, expected %v", out, err, context.Canceled)
	}
}

// TestResultsAreTheCallers: a later call does not touch the results of one.
func TestResultsAreTheCallers(t *testing.T) {
	predictor, err := graph.NewPredictor(nil, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := gorgonia.Square(in[0])
		return gorgonia.Nodes{y, in[0]}, err
	}, &graph.PredictorSettings{Instances: 1})
	if err != nil {
		t.Fatal(err)
	}
	x := matrix(3, 1)
	first, err := predictor.Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	value.SetFloat64s(x, []float64{5, 5})
	if _, err := predictor.Predict(t.Context(), matrix(7, 7)); err != nil {
		t.Fatal(err)
	}
	if y, z := value.Float64s(first[0])[0], value.Float64s(first[1])[0]; y != 9 || z != 3 {
		t.Errorf("results (%v, %v) after another call, expected (9, 3)", y, z)
	}
}

// TestBadCalls: one clear error for each.
func TestBadCalls(t *testing.T) {
	square := func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := gorgonia.Square(in[0])
		return gorgonia.Nodes{y}, err
	}
	for _, s := range []graph.PredictorSettings{{Instances: -1}, {Shapes: -1}} {
		if _, err := graph.NewPredictor(nil, square, &s); err == nil || !strings.Contains(err.Error(), "expected positive bounds") {
			t.Errorf("%+v: error %v", s, err)
		}
	}
	p, err := graph.NewPredictor(nil, square, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []graph.CallSettings{{TimeLimit: -1}, {MaxEvaluations: -1}} {
		if _, err := p.With(c).Predict(t.Context(), value.New(tensor.Float64, 1, 1)); err == nil || !strings.Contains(err.Error(), "expected positive limits") {
			t.Errorf("%+v: error %v", c, err)
		}
	}
}
