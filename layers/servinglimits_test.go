package layers_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// TestServeLimits: a call ends by its context, its time or its evaluations, with a
// failure that says how far it came, and hurts no other call.
func TestServeLimits(t *testing.T) {
	stop := errors.New("stop")
	var observe func(integrators.Step) error
	m := serve("ODE", &integrators.Settings{AbsTol: 1e-10, RelTol: 1e-10, Observe: func(s integrators.Step) error { return observe(s) }})
	p := m.predictor(&graph.PredictorSettings{Instances: 1})
	goOn := func(integrators.Step) error { return nil }
	observe = goOn
	want := must(p.Predict(t.Context(), points(1, 2)))
	ctx, cancel := context.WithCancel(t.Context())
	cancelled, cancelNow := context.WithCancel(t.Context())
	cancelNow()
	late, attempts := &ending{Context: t.Context()}, 0
	for _, tt := range []struct {
		name    string
		ctx     context.Context
		call    graph.CallSettings
		observe func(integrators.Step) error
		reason  error
		begun   bool // a solve is at work
		nfe     int  // at most
	}{
		{"evaluations", t.Context(), graph.CallSettings{MaxEvaluations: 20}, goOn, integrators.ErrMaxEvaluations, true, 20},
		{"evaluations before a step", t.Context(), graph.CallSettings{MaxEvaluations: 4}, goOn, integrators.ErrMaxEvaluations, true, 4},
		{"cancelled before", cancelled, graph.CallSettings{}, goOn, context.Canceled, false, 0},
		{"cancelled in the second step", ctx, graph.CallSettings{}, func(integrators.Step) error {
			if attempts++; attempts == 2 {
				cancel()
			}
			return nil
		}, context.Canceled, true, 3 + 2*6},
		{"out of time in the first step", late, graph.CallSettings{}, func(integrators.Step) error {
			late.err = context.DeadlineExceeded
			return nil
		}, context.DeadlineExceeded, true, 3 + 6},
		{"an observer", t.Context(), graph.CallSettings{}, func(integrators.Step) error { return stop }, stop, true, 3 + 6},
	} {
		observe = tt.observe
		var report graph.Report
		tt.call.Report = &report
		_, err := p.With(tt.call).Predict(tt.ctx, points(1, 2))
		var f *integrators.Failure
		if !errors.Is(err, tt.reason) || errors.As(err, &f) != tt.begun {
			t.Errorf("%s: error %v, expected %v of a solve: %v", tt.name, err, tt.reason, tt.begun)
			continue
		}
		if n := strings.Count(err.Error(), "solve "); tt.begun && n != 1 {
			t.Errorf("%s: error %q names a solve %d times, expected once", tt.name, err, n)
		}
		if tt.begun && (f.Stats.NFE > tt.nfe || report.Evaluations != f.Stats.NFE || m.solver.Reported(&report)[0].Stats != f.Stats) {
			t.Errorf("%s: failed after %+v, reported %+v, expected at most %d evaluations", tt.name, f.Stats, report, tt.nfe)
		}
		observe = goOn
		if out, err := p.Predict(t.Context(), points(1, 2)); err != nil || !slices.Equal(value.Float64s(out[0]), value.Float64s(want[0])) {
			t.Errorf("%s: afterwards %v, error %v, expected %v", tt.name, out, err, want)
		}
	}
	observe = func(integrators.Step) error {
		time.Sleep(time.Millisecond)
		return nil
	}
	if _, err := p.With(graph.CallSettings{TimeLimit: time.Millisecond}).Predict(t.Context(), points(1, 2)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("limited time: error %v, expected %v", err, context.DeadlineExceeded)
	}
}

// ending is a context that ends with err.
type ending struct {
	context.Context
	err error
}

func (e *ending) Err() error { return e.err }

// TestEvaluationsOfAllSolves: the limit is one for all solves of a call.
func TestEvaluationsOfAllSolves(t *testing.T) {
	m := serve("ODE", nil)
	p := must(graph.NewPredictor(m.params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		z := in[0]
		for range 3 {
			z = gorgonia.Must(m.layer[0].Forward(s, z))
		}
		return gorgonia.Nodes{z}, nil
	}, nil))
	var report graph.Report
	if _, err := p.With(graph.CallSettings{Report: &report}).Predict(t.Context(), points(1, 1)); err != nil {
		t.Fatal(err)
	}
	solves := m.solver.Reported(&report)
	if n := len(solves); n != 3 || solves[0].NFE+solves[1].NFE+solves[2].NFE != report.Evaluations {
		t.Fatalf("%d solves of %+v, expected 3 of %d evaluations", n, solves, report.Evaluations)
	}
	for limit := 1; limit <= report.Evaluations; limit++ {
		var r graph.Report
		_, err := p.With(graph.CallSettings{MaxEvaluations: limit, Report: &r}).Predict(t.Context(), points(1, 1))
		if limit < report.Evaluations != errors.Is(err, integrators.ErrMaxEvaluations) || r.Evaluations > limit+2 {
			t.Errorf("at most %d of %d evaluations: %d, error %v", limit, report.Evaluations, r.Evaluations, err)
		}
	}
}

// TestServeShape: a state that is no matrix is refused by its shape.
func TestServeShape(t *testing.T) {
	p := serve("ODE", nil)
	solve := must(graph.NewPredictor(p.params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		return p.solver.Unroll(s, in[0])
	}, nil))
	_, err := solve.Predict(t.Context(), tensor.New(tensor.WithShape(2), tensor.WithBacking([]float64{1, 2})))
	if err == nil || !strings.Contains(err.Error(), "initial state of shape (2), expected a matrix (batch, dim)") {
		t.Errorf("error %v, expected one that names the shape", err)
	}
}
