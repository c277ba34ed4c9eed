package layers_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

var regularizers = []integrators.Regularizer{
	{Term: integrators.Error, Aggregation: integrators.Sum},
	{Term: integrators.Stiffness, Aggregation: integrators.Mean},
}

// TestThreeWays: prediction, called steps (kept or checkpointed) and steps
// written out give the same numbers, for one solve and for two in a row, down
// to a batch of one and a state of one.
func TestThreeWays(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		tol := 1e-11
		if dt == tensor.Float32 {
			tol = 2e-4
		}
		for _, solves := range []int{1, 2} {
			for _, shape := range [][2]int{{4, 3}, {1, 3}, {4, 1}, {1, 1}} {
				if solves == 2 && shape[0] != shape[1] && shape != [2]int{4, 3} {
					continue
				}
				name := fmt.Sprintf("%v, %d solves of %v", dt, solves, shape)
				settings := func(mode integrators.Mode, memory integrators.Memory) modelSettings {
					return modelSettings{dtype: dt, batch: shape[0], dim: shape[1], solves: solves,
						solver: integrators.Settings{AbsTol: 1e-5, RelTol: 1e-5, Mode: mode, Memory: memory, Regularizers: regularizers}}
				}
				type result struct {
					loss, plain float64
					grad        []float64
				}
				var first result
				for i, way := range []struct {
					mode   integrators.Mode
					memory integrators.Memory
				}{{integrators.Called, integrators.Store}, {integrators.Called, integrators.Checkpoint}, {integrators.Inline, integrators.Store}} {
					m := newModel(t, settings(way.mode, way.memory))
					m.scale(3)
					in := m.data(1)
					obj := m.objective(t, nil)
					plain, err := obj.Evaluate(in...)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					logits := value.Float64s(obj.Recorded("logits")[0])
					stats := m.nodes[0].Last().Stats
					var report graph.Report
					out, err := m.predictor(t).With(graph.CallSettings{Report: &report}).Predict(context.Background(), in...)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					if p := m.nodes[0].Reported(&report)[0].Stats; p != stats {
						t.Errorf("%s, way %d: predicted with %+v, trained with %+v", name, i, p, stats)
					}
					if way.mode == integrators.Called {
						// The same functions on the same numbers.
						if p := value.Scalar(out[0]); p != plain {
							t.Errorf("%s, way %d: predicted loss %v, objective %v", name, i, p, plain)
						}
						if !slices.Equal(value.Float64s(out[1]), logits) {
							t.Errorf("%s, way %d: predicted logits %v, recorded %v", name, i, value.Float64s(out[1]), logits)
						}
					} else {
						near(t, name+", predicted logits", value.Float64s(out[1]), logits, tol)
					}
					loss, grad, err := evaluate(m.objective(t, nil, regularizers...), m.params, in...)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					if !(loss > plain) {
						t.Errorf("%s, way %d: loss %v with regularizers, %v without", name, i, loss, plain)
					}
					r := result{loss, plain, value.Float64s(grad)}
					if i == 0 {
						first = r
						continue
					}
					if way.mode == integrators.Called && (r.loss != first.loss || !slices.Equal(r.grad, first.grad)) {
						t.Errorf("%s: checkpoints change the numbers", name)
					}
					near(t, name+", loss", []float64{r.loss, r.plain}, []float64{first.loss, first.plain}, tol)
					near(t, name+", gradient", r.grad, first.grad, 10*tol)
				}
			}
		}
	}
}

// TestCachedGraphs: while parameters, inputs and time spans change, and with
// them the numbers of steps of two solves, every evaluation gives what a new
// model gives, bit for bit, whichever graph of the cache it ran on.
func TestCachedGraphs(t *testing.T) {
	for _, way := range []integrators.Settings{{}, {Memory: integrators.Checkpoint}, {Mode: integrators.Inline}} {
		way.AbsTol, way.RelTol, way.Regularizers = 1e-4, 1e-4, regularizers
		settings := modelSettings{dtype: tensor.Float64, batch: 4, dim: 3, solves: 2, solver: way}
		m := newModel(t, settings)
		cache := &graph.CacheSettings{Graphs: 5}
		obj := m.objective(t, cache, regularizers...)
		pred := m.predictor(t)
		start := m.params.Float64s()
		rng := rand.New(rand.NewPCG(1, 2))
		counts := map[[2]int]int{}
		const evaluations = 25
		for k := range evaluations {
			// Every other time something that was there before.
			factor := []float64{1, 2, 4}[rng.IntN(3)]
			end := []float64{1.1, -0.8}[rng.IntN(2)] // as STEER does
			w := make([]float64, len(start))
			for i := range w {
				w[i] = start[i] * factor
			}
			in := m.data(uint64(k % 2))
			fresh := newModel(t, settings)
			for _, x := range []*model{m, fresh} {
				x.params.SetFloat64s(w)
				if err := x.nodes[1].SetSpan(0, end); err != nil {
					t.Fatal(err)
				}
			}
			loss, grad, err := evaluate(obj, m.params, in...)
			if err != nil {
				t.Fatal(err)
			}
			counts[[2]int{m.nodes[0].Last().Accepted, m.nodes[1].Last().Accepted}]++
			wantLoss, wantGrad, err := evaluate(fresh.objective(t, nil, regularizers...), fresh.params, in...)
			if err != nil {
				t.Fatal(err)
			}
			if loss != wantLoss || !slices.Equal(value.Float64s(grad), value.Float64s(wantGrad)) {
				t.Fatalf("evaluation %d: loss %v, of a new model %v; gradients equal: %v", k, loss, wantLoss,
					slices.Equal(value.Float64s(grad), value.Float64s(wantGrad)))
			}
			if k%7 == 0 { // predictions in between disturb nothing
				if _, err := pred.Predict(context.Background(), in...); err != nil {
					t.Fatal(err)
				}
			}
		}
		c := obj.Cache()
		if c.Hits+c.Misses != evaluations || c.Misses < len(counts) || c.Hits < evaluations/8 || c.Graphs != cache.Graphs {
			t.Errorf("cache %+v after %d evaluations with %d pairs of step counts", c, evaluations, len(counts))
		}
		if len(counts) < 5 {
			t.Errorf("step counts %v, expected them to vary more", counts)
		}
	}
}

// TestCacheCounters: a graph is built for each structure, and no more.
func TestCacheCounters(t *testing.T) {
	m := newModel(t, modelSettings{dtype: tensor.Float64, batch: 2, dim: 2, solves: 1, solver: integrators.Settings{FixedSteps: 5}})
	obj := m.objective(t, nil)
	for k := range 10 {
		if _, err := obj.Evaluate(m.data(uint64(k))...); err != nil {
			t.Fatal(err)
		}
		m.scale(1.1)
		if err := m.nodes[0].SetSpan(0, 1+float64(k)/10); err != nil {
			t.Fatal(err)
		}
	}
	if c := obj.Cache(); c.Misses != 1 || c.Hits != 9 || c.Graphs != 1 || c.Bytes <= 0 {
		t.Errorf("cache %+v with one structure in ten evaluations", c)
	}
}

// TestTiedSolves: one neural ODE used twice in a model, its first solution still
// needed after the second solve.
func TestTiedSolves(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	rng := rand.New(rand.NewPCG(3, 4))
	f := must(layers.NewTimeDense(p, "f", 2, 2, layers.Tanh, rng))
	node := must(layers.NewNeuralODE(p, f, 0, 1, integrators.Tsit5, nil))
	tied := layers.LayerFunc(func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		y, err := node.Forward(s, x)
		if err != nil {
			return nil, err
		}
		z, err := node.Forward(s, y)
		if err != nil {
			return nil, err
		}
		return gorgonia.Sub(z, y)
	})
	x := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 2, -1, 0.5, 0, 3}))
	pred := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := tied.Forward(s, in[0])
		return gorgonia.Nodes{y}, err
	}, nil))
	obj := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		y, err := tied.Forward(s, in[0])
		if err != nil {
			return nil, err
		}
		s.Record("y", y)
		return gorgonia.Sum(y)
	}, nil))
	out, err := pred.Predict(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := obj.Evaluate(x); err != nil {
		t.Fatal(err)
	}
	want := value.Float64s(obj.Recorded("y")[0])
	near(t, "predicted difference of the solutions", value.Float64s(out[0]), want, 1e-15)
	if slices.Max(want) == 0 && slices.Min(want) == 0 {
		t.Error("both solutions are the same: nothing tested")
	}
}

// TestSaveAtLayer: the states at the save times are stacked, in every way to run.
func TestSaveAtLayer(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	rate := must(p.Add("rate", func(w []float64) { w[0] = -0.7 }, 1, 1))
	f := layers.LayerFunc(func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		r, err := s.Param(rate)
		if err != nil {
			return nil, err
		}
		return gorgonia.Mul(z, r)
	})
	times := []float64{0, 0.4, 2}
	for _, mode := range []integrators.Mode{integrators.Called, integrators.Inline} {
		node := must(layers.NewNeuralODE(p, f, 0, 2, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-9, RelTol: 1e-9, SaveAt: times, Mode: mode}))
		obj := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := node.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			return gorgonia.Sum(y)
		}, nil))
		x := tensor.New(tensor.WithShape(2, 1), tensor.WithBacking([]float64{1, 3}))
		loss, grad, err := evaluate(obj, p, x)
		if err != nil {
			t.Fatal(err)
		}
		sum, slope := 0.0, 0.0 // of Σ (1 + 3)·exp(rate·t)
		for _, at := range times {
			sum += 4 * math.Exp(-0.7*at)
			slope += 4 * at * math.Exp(-0.7*at)
		}
		near(t, "loss and derivative", []float64{loss, value.Scalar(grad)}, []float64{sum, slope}, 1e-7)
	}
}

// TestNeuralODEErrors: errors name the layer and the shapes.
func TestNeuralODEErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float64)
	narrow := must(layers.NewDense(p, "narrow", 3, 2, layers.Tanh, rng))
	timed := must(layers.NewTimeDense(p, "timed", 3, 3, layers.Tanh, rng))
	dense := must(layers.NewDense(p, "dense", 3, 3, layers.Tanh, rng))
	node := func(f layers.Layer) layers.Layer {
		return must(layers.NewNeuralODE(p, f, 0, 1, integrators.Tsit5, nil))
	}
	for _, tt := range []struct {
		name  string
		layer layers.Layer
		says  []string
	}{
		{"dynamics that change the dimension", node(narrow), []string{"(4, 3)", "(4, 2)"}},
		{"dynamics that do not fit together", node(layers.Chain{narrow, dense}), []string{`"dense"`, "layer 2 of the chain", "(4, 2)"}},
		{"time where there is none", layers.Chain{dense, timed}, []string{`"timed"`, "no time"}},
		{"a neural ODE as dynamics", node(node(dense)), []string{"inside a function or its own dynamics"}},
		{"parameters of another model", node(must(layers.NewDense(graph.NewParams(tensor.Float64), "alien", 3, 3, layers.Tanh, rng))), []string{`"alien"`, "another set"}},
		{"a missing layer", layers.Chain{dense, nil}, []string{"layer 2 of the chain is nil"}},
		{"a missing function", layers.LayerFunc(nil), []string{"nil"}},
	} {
		x := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(4, 3))
		obj := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := tt.layer.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			return gorgonia.Sum(y)
		}, nil))
		_, err := obj.Evaluate(x)
		if err == nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		for _, s := range tt.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: error %q does not mention %q", tt.name, err, s)
			}
		}
	}
	if _, err := layers.NewNeuralODE(p, nil, 0, 1, integrators.Tsit5, nil); err == nil {
		t.Error("no dynamics: no error")
	}
	if _, err := layers.NewNeuralODE(p, dense, 0, 1, integrators.RK4, nil); err == nil || !strings.Contains(err.Error(), "RK4") {
		t.Errorf("RK4 without steps: error %v", err)
	}
}

// TestStiffMethodsNeedSmoothLayers: a Rosenbrock method refuses a layer with a kink,
// when it is first used.
func TestStiffMethodsNeedSmoothLayers(t *testing.T) {
	for _, m := range []integrators.Method{integrators.Rosenbrock23, integrators.Rodas5P} {
		for _, act := range []layers.Activation{layers.Tanh, layers.ReLU} {
			p := graph.NewParams(tensor.Float64)
			f := must(layers.NewDense(p, "field", 2, 2, act, rand.New(rand.NewPCG(1, 2))))
			ode := must(layers.NewNeuralODE(p, f, 0, 1, m, nil))
			o := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
				z, err := ode.Forward(s, in[0])
				if err != nil {
					return nil, err
				}
				return gorgonia.Sum(z)
			}, nil))
			_, err := o.Evaluate(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, -1})))
			if refused := errors.Is(err, hazard.ErrNoSecondDerivative); refused != (act == layers.ReLU) || err != nil && !refused {
				t.Errorf("%v: error %v, expected ErrNoSecondDerivative of relu alone", act, err)
			}
		}
	}
}
