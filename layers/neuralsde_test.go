package layers_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// newNeuralSDE declares a neural SDE of two states with 5 hidden units in the drift,
// between an encoder and a head.
func newNeuralSDE(p *graph.Params, rng *rand.Rand, method *integrators.SRI, noise *integrators.Noise, settings *integrators.Settings) (layers.Layer, *layers.NeuralSDE) {
	drift := layers.Chain{
		must(layers.NewTimeDense(p, "up", 2, 5, layers.Tanh, rng)), layers.Cube{}, must(layers.NewDense(p, "down", 5, 2, layers.Identity, rng)),
	}
	diffusion := must(layers.NewTimeDense(p, "diffusion", 2, 2, layers.Identity, rng))
	node := must(layers.NewNeuralSDE(p, drift, diffusion, 0, 1, noise, method, settings))
	return layers.Chain{
		must(layers.NewDense(p, "encoder", 2, 2, layers.Tanh, rng)), node, must(layers.NewDense(p, "head", 2, 3, layers.Identity, rng)),
	}, node
}

// penalizedSum is the sum of y and of all penalties.
func penalizedSum(s *graph.Scope, y *gorgonia.Node, penalties []integrators.Regularizer) (*gorgonia.Node, error) {
	loss, err := losses.SumSquaredError(y, must(s.Data(value.New(y.Dtype(), y.Shape()...))))
	if err != nil {
		return nil, err
	}
	for i, r := range penalties {
		lambda := must(s.Data(gorgonia.NewF64(0.3 * float64(i+1))))
		if loss, err = losses.Penalized(s, loss, r, lambda); err != nil {
			return nil, err
		}
	}
	return loss, nil
}

var sdeRegularizers = []integrators.Regularizer{
	{Term: integrators.Error, Aggregation: integrators.Sum},
	{Term: integrators.Stiffness, Aggregation: integrators.Mean},
	{Term: integrators.Stiffness, Aggregation: integrators.Max},
}

// TestNeuralSDEGradients compares with central differences in the middle of a
// model, regularizers in the loss. Fixed steps and a seed keep steps and noise as
// they are; a relative tolerance of nothing keeps the scale of the error so, which
// is not differentiated.
func TestNeuralSDEGradients(t *testing.T) {
	for _, tt := range []struct {
		method       *integrators.SRI
		saveAt       []float64
		regularizers []integrators.Regularizer
	}{
		{integrators.SOSRI2, nil, sdeRegularizers},
		{integrators.SOSRI, []float64{0, 0.3, 1}, sdeRegularizers[:1]},
		{integrators.SRIW1, []float64{0.5}, sdeRegularizers[:1]},
		{integrators.Milstein, nil, nil},
		{integrators.EulerMaruyama, []float64{0.1, 0.2}, nil},
	} {
		for _, mode := range []integrators.Mode{integrators.Called, integrators.Inline} {
			checkGradient(t, fmt.Sprintf("%s, mode %d", tt.method.Name, mode), func(p *graph.Params, rng *rand.Rand) layers.Layer {
				l, _ := newNeuralSDE(p, rng, tt.method, &integrators.Noise{Seed: 5}, &integrators.Settings{FixedSteps: 4, AbsTol: 1, RelTol: 1e-300,
					SaveAt: tt.saveAt, Regularizers: tt.regularizers, Mode: mode})
				return l
			}, func(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, error) {
				return penalizedSum(s, y, tt.regularizers)
			})
		}
	}
}

// TestNeuralSDEThreeWays: prediction, called steps (kept or checkpointed) and steps
// written out give the same numbers for a seed, and others for another.
func TestNeuralSDEThreeWays(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		tol := 1e-11
		if dt == tensor.Float32 {
			tol = 2e-4
		}
		x := value.New(dt, 4, 2)
		value.SetFloat64s(x, []float64{1, 2, -1, 0.5, 0, 3, 1, 2})
		var first, firstGrad []float64
		for i, way := range []integrators.Settings{{}, {Memory: integrators.Checkpoint}, {Mode: integrators.Inline}} {
			way.AbsTol, way.RelTol, way.Regularizers = 0.1, 0.1, sdeRegularizers
			p := graph.NewParams(dt)
			layer, node := newNeuralSDE(p, rand.New(rand.NewPCG(1, 2)), integrators.SOSRI2, &integrators.Noise{Seed: 3}, &way)
			obj := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
				y, err := layer.Forward(s, in[0])
				if err != nil {
					return nil, err
				}
				s.Record("y", y)
				return penalizedSum(s, y, sdeRegularizers)
			}, nil))
			pred := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
				y, err := layer.Forward(s, in[0])
				if len(s.Recorded(sdeRegularizers[0])) != 0 {
					t.Error("a prediction records regularizers")
				}
				return gorgonia.Nodes{y}, err
			}, nil))
			results := func() (loss float64, grad, y []float64) {
				loss, g, err := evaluate(obj, p, x)
				if err != nil {
					t.Fatal(err)
				}
				y = value.Float64s(obj.Recorded("y")[0])
				stats := node.Last().Stats
				var report graph.Report
				out, err := pred.With(graph.CallSettings{Report: &report}).Predict(context.Background(), x)
				if err != nil {
					t.Fatal(err)
				}
				if s := node.Reported(&report)[0].Stats; s != stats || s.NFE != 2+4*(s.Accepted+s.Rejected) || s.DiffusionNFE != s.NFE {
					t.Errorf("%v, way %d: predicted with %+v, trained with %+v", dt, i, s, stats)
				}
				near(t, fmt.Sprintf("%v, way %d: prediction", dt, i), value.Float64s(out[0]), y, tol)
				return loss, value.Float64s(g), y
			}
			loss, grad, y := results()
			if first == nil {
				first, firstGrad = append(y, loss), grad
			}
			near(t, fmt.Sprintf("%v, way %d: solution and loss", dt, i), append(y, loss), first, tol)
			near(t, fmt.Sprintf("%v, way %d: gradient", dt, i), grad, firstGrad, 10*tol)
			if way.Memory == integrators.Checkpoint && !slices.Equal(grad, firstGrad) {
				t.Errorf("%v: checkpoints change the gradient", dt)
			}
			// Equal rows have noise of their own, and so have seeds.
			if slices.Equal(y[:3], y[9:]) {
				t.Errorf("%v, way %d: two trajectories from one state both end in %v", dt, i, y[:3])
			}
			node.SetSeed(4)
			if _, _, z := results(); slices.Equal(z, y) {
				t.Errorf("%v, way %d: two seeds have the same solution", dt, i)
			}
			node.SetSeed(3)
			if again, _, _ := results(); again != loss {
				t.Errorf("%v, way %d: loss %v, with the seed set again %v", dt, i, loss, again)
			}
		}
	}
}

// TestNeuralSDEErrors: errors name the layer, its part and the shapes.
func TestNeuralSDEErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float64)
	narrow := must(layers.NewDense(p, "narrow", 3, 2, layers.Tanh, rng))
	dense := must(layers.NewDense(p, "dense", 3, 3, layers.Tanh, rng))
	alien := must(layers.NewDense(graph.NewParams(tensor.Float64), "alien", 3, 3, layers.Tanh, rng))
	node := func(drift, diffusion layers.Layer, noise *integrators.Noise) layers.Layer {
		return must(layers.NewNeuralSDE(p, drift, diffusion, 0, 1, noise, integrators.SOSRI, nil))
	}
	for _, tt := range []struct {
		name  string
		layer layers.Layer
		says  []string
	}{
		{"drift that changes the dimension", node(narrow, dense, nil), []string{"SOSRI", "drift", "(4, 3)", "(4, 2)"}},
		{"diffusion that changes the dimension", node(dense, narrow, nil), []string{"SOSRI", "diffusion", "(4, 3)", "(4, 2)"}},
		{"diffusion that does not fit together", node(dense, layers.Chain{narrow, dense}, nil), []string{"diffusion", `"dense"`, "layer 2 of the chain"}},
		{"parameters of another model", node(dense, alien, nil), []string{"diffusion", `"alien"`, "another set"}},
		{"a neural SDE as drift", node(node(dense, dense, nil), dense, nil), []string{"inside a function or its own dynamics"}},
		{"keys of another batch", node(dense, dense, &integrators.Noise{Keys: []uint64{1}}), []string{"1 keys, expected 4"}},
		{"a path of another batch", node(dense, dense, &integrators.Noise{Path: []integrators.Increment{{Length: 1, DW: make([]float64, 3)}}}), []string{"3 entries of DW, expected 12"}},
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
		mentions(t, tt.name, err, tt.says...)
	}
	_, err := layers.NewNeuralSDE(p, nil, dense, 0, 1, nil, integrators.SOSRI, nil)
	mentions(t, "no drift", err, "neural SDE", "without a drift")
	_, err = layers.NewNeuralSDE(p, dense, nil, 0, 1, nil, integrators.SOSRI, nil)
	mentions(t, "no diffusion", err, "neural SDE", "diffusion")
	_, err = layers.NewNeuralSDE(p, dense, dense, 0, 1, nil, nil, nil)
	mentions(t, "no method", err, "neural SDE", "without a method")
	_, err = layers.NewNeuralSDE(p, dense, dense, 0, 1, nil, integrators.Milstein, nil)
	mentions(t, "Milstein without steps", err, "neural SDE", "Milstein", "FixedSteps")
	_, err = layers.NewNeuralSDE(p, dense, dense, 1, 0, nil, integrators.SOSRI, nil)
	mentions(t, "backwards", err, "neural SDE", "time span [1, 0]", "forwards")
	_, err = layers.NewNeuralSDE(p, dense, dense, 0, 1, nil, integrators.SOSRI, &integrators.Settings{Regularizers: sdeRegularizers})
	mentions(t, "stiffness without an estimate", err, "neural SDE", "SOSRI", "stiffness")
}

// mentions fails unless the error mentions every part.
func mentions(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error %q does not mention %q", what, err, part)
		}
	}
}

// Fit a neural SDE to the means and variances of a process, here
// dX = -X dt + 0.5 dW from X = 1, as the paper fits one to a spiral.
func ExampleNewNeuralSDE() {
	const trajectories = 200
	times := []float64{0.25, 0.5, 0.75, 1}
	mean, variance := value.New(tensor.Float64, len(times), 1), value.New(tensor.Float64, len(times), 1)
	value.SetFloat64s(mean, []float64{0.779, 0.607, 0.472, 0.368})     // e^-t
	value.SetFloat64s(variance, []float64{0.049, 0.079, 0.097, 0.108}) // (1 - e^-2t)/8
	start := value.New(tensor.Float64, trajectories, 1)
	value.SetFloat64s(start, slices.Repeat([]float64{1}, trajectories))

	params, rng := graph.NewParams(tensor.Float64), rand.New(rand.NewPCG(1, 0))
	drift := must(layers.NewDense(params, "drift", 1, 1, layers.Identity, rng))
	diffusion := must(layers.NewDense(params, "diffusion", 1, 1, layers.Identity, rng))
	penalty := integrators.Regularizer{Term: integrators.Error, Aggregation: integrators.Sum}
	sde := must(layers.NewNeuralSDE(params, drift, diffusion, 0, 1, nil, integrators.SOSRI,
		&integrators.Settings{AbsTol: 0.1, RelTol: 0.1, SaveAt: times, Regularizers: []integrators.Regularizer{penalty}}))

	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		fit := must(losses.SumMomentError(must(sde.Forward(s, in[0])), trajectories, in[1], in[2]))
		return losses.Penalized(s, fit, penalty, in[3])
	}, nil))
	adam := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.1}))
	for i := range 60 {
		sde.SetSeed(uint64(i)) // the trajectories of each iteration are new
		if _, err := objective.Evaluate(start, mean, variance, gorgonia.NewF64(1e-4)); err != nil {
			log.Fatal(err)
		}
		if err := adam.Step([]gorgonia.ValueGrad{params}); err != nil {
			log.Fatal(err)
		}
	}

	predictor := must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y := must(sde.Forward(s, in[0]))
		mean, variance, err := ops.SampleMoments(y, trajectories)
		return gorgonia.Nodes{mean, variance}, err
	}, nil))
	sde.SetSeed(1000)
	moments := must(predictor.Predict(context.Background(), start))
	end := len(times) - 1
	fmt.Printf("at t = 1 mean %.1f and variance %.1f\n", value.Float64s(moments[0])[end], value.Float64s(moments[1])[end])
	fmt.Printf("of the data   %.1f and          %.1f\n", value.Float64s(mean)[end], value.Float64s(variance)[end])
	// Output:
	// at t = 1 mean 0.4 and variance 0.1
	// of the data   0.4 and          0.1
}
