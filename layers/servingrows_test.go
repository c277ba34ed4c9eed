package layers_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// serveRows makes a model whose answers do not depend on the other rows of a request:
// wide layers around a differential equation with steps per row.
func serveRows(stochastic bool, settings *integrators.Settings) (*served, *graph.Predictor) {
	const wide = 50
	rng, p := rand.New(rand.NewPCG(1, 2)), graph.NewParams(tensor.Float32)
	dense := func(name string, in, out int) layers.Layer {
		return must(layers.NewDense(p, name, in, out, layers.Tanh, rng))
	}
	field := layers.Chain{must(layers.NewTimeDense(p, "f", wide, wide, layers.Tanh, rng)), dense("g", wide, wide)}
	m := &served{params: p}
	set := *settings
	set.Steps = integrators.PerRow
	var solve layers.Layer
	if stochastic {
		sde := must(layers.NewNeuralSDE(p, field, dense("h", wide, wide), 0, 1, nil, integrators.SOSRI, &set))
		m.solver, solve = sde.Solver, sde
	} else {
		ode := must(layers.NewNeuralODE(p, field, 0, 1, integrators.Tsit5, &set))
		m.solver, solve = ode.Solver, ode
	}
	m.layer = layers.Chain{dense("encoder", 2, wide), solve, dense("head", wide, wide)}
	return m, m.predictor(&graph.PredictorSettings{Instances: 3, RowExact: true})
}

// TestServeRows: a row gets the answer and the outcome that it gets alone, whatever
// other rows and callers there are.
func TestServeRows(t *testing.T) {
	const points, callers = 12, 6
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float64, 2*points)
	for i := range x {
		x[i] = float64(1+i%5) * rng.NormFloat64()
	}
	for _, stochastic := range []bool{false, true} {
		set := &integrators.Settings{AbsTol: 1e-3, RelTol: 1e-3}
		if stochastic {
			set.AbsTol, set.RelTol = 0.1, 0.1
		}
		m, p := serveRows(stochastic, set)
		type answer struct {
			of      []float64
			outcome integrators.RowOutcome
		}
		ask := func(rows ...int) ([]answer, error) {
			in, seed := value.New(tensor.Float32, len(rows), 2), uint64(7)
			call := graph.CallSettings{Seed: &seed, Report: new(graph.Report)}
			var z []float64
			for _, r := range rows {
				z, call.Keys = append(z, x[2*r:2*r+2]...), append(call.Keys, uint64(r))
			}
			value.SetFloat64s(in, z)
			out, err := p.With(call).Predict(t.Context(), in)
			if err != nil {
				return nil, err
			}
			all, sol := value.Float64s(out[0]), m.solver.Reported(call.Report)[0]
			width, answers := len(all)/len(rows), make([]answer, len(rows))
			for i := range answers {
				answers[i] = answer{all[i*width : (i+1)*width], sol.Rows[i]}
			}
			return answers, nil
		}
		want := make([]answer, points)
		for r := range want {
			want[r] = must(ask(r))[0]
		}
		orders := make([][]int, callers)
		for c := range orders {
			orders[c] = rng.Perm(points)[:points-c]
		}
		var wg sync.WaitGroup
		for _, rows := range orders {
			wg.Go(func() {
				got, err := ask(rows...)
				if err != nil {
					t.Error(err)
					return
				}
				for i, r := range rows {
					if !slices.Equal(got[i].of, want[r].of) || got[i].outcome != want[r].outcome {
						t.Errorf("stochastic %v: point %d among %v has another answer than alone, %+v and %+v", stochastic, r, rows, got[i].outcome, want[r].outcome)
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestServeRowsLimits: limits on evaluations and contexts end solves with steps per row
// before an attempt, and what was done is reported.
func TestServeRowsLimits(t *testing.T) {
	var observe func(integrators.Step) error
	m, p := serveRows(false, &integrators.Settings{AbsTol: 1e-5, RelTol: 1e-5, Observe: func(s integrators.Step) error { return observe(s) }})
	x := value.New(tensor.Float32, 3, 2)
	value.SetFloat64s(x, []float64{1, 2, 3, 4, 5, 6})
	goOn := func(integrators.Step) error { return nil }
	observe = goOn
	want := must(p.Predict(t.Context(), x))
	ctx, cancel := context.WithCancel(t.Context())
	late := &ending{Context: t.Context()}
	for _, tt := range []struct {
		name    string
		ctx     context.Context
		limit   int
		observe func(integrators.Step) error
		reason  error
		nfe     int // of a row, at most
	}{
		{"evaluations", t.Context(), 20, goOn, integrators.ErrMaxEvaluations, 20},
		{"cancelled in the first step", ctx, 0, func(integrators.Step) error { cancel(); return nil }, context.Canceled, 3 + 6},
		{"out of time in the first step", late, 0, func(integrators.Step) error { late.err = context.DeadlineExceeded; return nil }, context.DeadlineExceeded, 3 + 6},
	} {
		observe = tt.observe
		var report graph.Report
		_, err := p.With(graph.CallSettings{MaxEvaluations: tt.limit, Report: &report}).Predict(tt.ctx, x)
		var f *integrators.RowFailure
		if !errors.Is(err, tt.reason) || !errors.As(err, &f) {
			t.Errorf("%s: error %v, expected %v of a row", tt.name, err, tt.reason)
			continue
		}
		sol := m.solver.Reported(&report)[0]
		if sol.NFE > tt.nfe || report.Evaluations != sol.NFE || len(sol.Rows) != 3 || !errors.Is(sol.Rows[f.Row].Err, tt.reason) {
			t.Errorf("%s: failed after %+v, expected at most %d evaluations of a row", tt.name, sol, tt.nfe)
		}
		observe = goOn
		if out, err := p.Predict(t.Context(), x); err != nil || !slices.Equal(value.Float64s(out[0]), value.Float64s(want[0])) {
			t.Errorf("%s: afterwards error %v, or another answer", tt.name, err)
		}
	}
}

// TestServeRowTimes: predictions take the time spans of rows that the solver has, and
// fail if they are those of another number of rows.
func TestServeRowTimes(t *testing.T) {
	m, p := serveRows(false, &integrators.Settings{AbsTol: 1e-3, RelTol: 1e-3})
	predict := func() ([]gorgonia.Value, *graph.Report, error) {
		x, report := value.New(tensor.Float32, 2, 2), new(graph.Report)
		value.SetFloat64s(x, []float64{1, 2, 1, 2})
		out, err := p.With(graph.CallSettings{Report: report}).Predict(t.Context(), x)
		return out, report, err
	}
	if err := m.solver.SetRowTimes([]float64{0, 0.5}, []float64{1, 0.75}, nil); err != nil {
		t.Fatal(err)
	}
	_, report, err := predict()
	if err != nil {
		t.Fatal(err)
	}
	if rows := m.solver.Reported(report)[0].Rows; rows[0].T != 1 || rows[1].T != 0.75 {
		t.Errorf("rows end at %v and %v, expected 1 and 0.75", rows[0].T, rows[1].T)
	}
	if err := m.solver.SetRowTimes([]float64{0}, []float64{1}, nil); err != nil {
		t.Fatal(err)
	}
	if _, report, err := predict(); err == nil || report.Evaluations != 0 {
		t.Errorf("times of one row for two: error %v after %d evaluations, expected one before", err, report.Evaluations)
	}
	if err := m.solver.SetSpan(0, 1); err != nil {
		t.Fatal(err)
	}
	out, _, err := predict()
	if err != nil {
		t.Fatal(err)
	}
	if z := value.Float64s(out[0]); !slices.Equal(z[:len(z)/2], z[len(z)/2:]) {
		t.Error("two equal rows with the same times have different answers")
	}
}
