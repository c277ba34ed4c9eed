package layers_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// served is a small model with a differential equation, between dense layers.
type served struct {
	params *graph.Params
	solver *integrators.Solver
	layer  layers.Chain
}

// serve makes one of the given kind: an ODE whose steps are saved and which switches
// methods, or an SDE.
func serve(kind string, settings *integrators.Settings) *served {
	rng, p := rand.New(rand.NewPCG(1, 2)), graph.NewParams(tensor.Float64)
	field := func(name string) layers.Layer { return must(layers.NewDense(p, name, 2, 2, layers.Tanh, rng)) }
	head := must(layers.NewDense(p, "head", 2, 3, layers.Identity, rng))
	m := &served{params: p}
	switch kind {
	case "SDE":
		sde := must(layers.NewNeuralSDE(p, field("f"), field("g"), 0, 1, nil, integrators.SOSRI, settings))
		m.solver, m.layer = sde.Solver, layers.Chain{sde, head}
	case "switch":
		ode := must(layers.NewNeuralODE(p, field("f"), 0, 1, integrators.AutoTsit5(integrators.Rosenbrock23), settings))
		m.solver, m.layer = ode.Solver, layers.Chain{ode, head}
	default:
		ode := must(layers.NewNeuralODE(p, field("f"), 0, 1, integrators.Tsit5, settings))
		m.solver, m.layer = ode.Solver, layers.Chain{ode, head}
	}
	return m
}

func (m *served) build(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	y, err := m.layer.Forward(s, in[0])
	return gorgonia.Nodes{y}, err
}

func (m *served) predictor(settings *graph.PredictorSettings) *graph.Predictor {
	return must(graph.NewPredictor(m.params, m.build, settings))
}

// points returns points (rows, 2) that depend on i.
func points(i, rows int) gorgonia.Value {
	rng := rand.New(rand.NewPCG(3, uint64(i)))
	x := make([]float64, 2*rows)
	for k := range x {
		x[k] = rng.NormFloat64()
	}
	return matrix(rows, 2, x...)
}

// TestServe: 64 goroutines on one predictor get the bits that one alone gets, for
// batches of all sizes, and with noise by the call.
func TestServe(t *testing.T) {
	const callers, requests, sizes = 64, 3, 3
	loose := &integrators.Settings{AbsTol: 1e-2, RelTol: 1e-2, SaveAt: []float64{0.3, 1}}
	for _, kind := range []string{"ODE", "switch", "SDE"} {
		m := serve(kind, loose)
		ask := func(p *graph.Predictor, i int) ([]float64, integrators.Stats, error) {
			rows, seed := 1+i%sizes, uint64(i)
			var report graph.Report
			call := graph.CallSettings{Seed: &seed, Report: &report}
			out, err := p.With(call).Predict(t.Context(), points(i, rows))
			if err != nil {
				return nil, integrators.Stats{}, err
			}
			return value.Float64s(out[0]), m.solver.Reported(&report)[0].Stats, nil
		}
		alone := m.predictor(&graph.PredictorSettings{Instances: 1})
		want, stats := make([][]float64, callers*requests), make([]integrators.Stats, callers*requests)
		for i := range want {
			want[i], stats[i], _ = ask(alone, i)
		}
		p := m.predictor(&graph.PredictorSettings{Instances: 5, Shapes: sizes})
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for k := range requests {
					i := k*callers + c
					got, s, err := ask(p, i)
					if err != nil || !slices.Equal(got, want[i]) || s != stats[i] {
						t.Errorf("%s: request %d: %v by %+v, error %v, expected %v by %+v", kind, i, got, s, err, want[i], stats[i])
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestServeMemory: ten thousand requests by 64 goroutines leave neither memory nor
// goroutines behind.
func TestServeMemory(t *testing.T) {
	const callers, requests = 64, 10_000
	m := serve("ODE", &integrators.Settings{AbsTol: 1e-2, RelTol: 1e-2})
	p := m.predictor(&graph.PredictorSettings{Instances: 3, Shapes: 4})
	inUse := func() uint64 {
		var st runtime.MemStats
		runtime.GC()
		runtime.GC() // which empties pools
		runtime.ReadMemStats(&st)
		return st.HeapAlloc
	}
	serve := func(from, to int) {
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				for i := from + c; i < to; i += callers {
					if _, err := p.With(graph.CallSettings{TimeLimit: time.Hour}).Predict(ctx, points(i, 1+i%4)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}
	serve(0, 1000) // which traces all that there is
	before, goroutines := inUse(), runtime.NumGoroutine()
	serve(1000, requests)
	if after := inUse(); after > before+1<<20 {
		t.Errorf("%d bytes in use after %d requests, %d after 1000", after, requests, before)
	}
	for range 1000 { // in which callers that have returned end
		if runtime.NumGoroutine() <= goroutines {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines after %d requests, %d after 1000", runtime.NumGoroutine(), requests, goroutines)
}
