package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// checkGradient compares the gradient of a loss of (3, 2) inputs x with central
// differences, with respect to all parameters and x, which is made a parameter
// for that purpose. It returns the gradient.
func checkGradient(t *testing.T, name string, declare func(p *graph.Params, rng *rand.Rand) layers.Layer, loss func(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, error)) []float64 {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 8))
	p := graph.NewParams(tensor.Float64)
	x := must(p.Add("x", func(w []float64) { copy(w, []float64{0.8, -0.3, 1.2, 0.4, -0.9, 0.6}) }, 3, 2))
	layer := declare(p, rng)
	for i, w := 0, p.Vector().Float64s(); i < len(w); i++ { // biases as well
		w[i] += 0.1 * rng.NormFloat64()
	}
	objective := must(graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		n, err := s.Param(x)
		if err != nil {
			return nil, err
		}
		y, err := layer.Forward(s, n)
		if err != nil {
			return nil, err
		}
		return loss(s, y)
	}, nil))
	evaluate := func() (float64, []float64) {
		l, g, err := evaluate(objective, p)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return l, value.Float64s(g)
	}
	_, grad := evaluate()
	w := p.Vector().Float64s()
	zero := true
	for i, at := range w {
		const h = 1e-4 // and an error of h⁴
		f := func(k float64) float64 {
			w[i] = at + k*h
			l, _ := evaluate()
			return l
		}
		want := (8*(f(1)-f(-1)) - (f(2) - f(-2))) / (12 * h)
		w[i] = at
		if math.Abs(grad[i]-want) > 1e-7*(1+math.Abs(want)) {
			t.Errorf("%s: derivative by entry %d is %v, central difference %v", name, i, grad[i], want)
		}
		zero = zero && want == 0
	}
	if zero {
		t.Errorf("%s: the gradient vanishes: nothing tested", name)
	}
	return grad
}

// weighted is a loss in which every entry of y counts differently.
func weighted(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, error) {
	v := value.New(tensor.Float64, y.Shape()...)
	w := make([]float64, y.Shape().TotalSize())
	for i := range w {
		w[i] = math.Cos(float64(3 * i))
	}
	value.SetFloat64s(v, w)
	target, err := s.Data(v)
	if err != nil {
		return nil, err
	}
	return losses.SumSquaredError(y, target)
}

func TestLayerGradients(t *testing.T) {
	dense := func(act layers.Activation, in, out int) func(*graph.Params, *rand.Rand) layers.Layer {
		return func(p *graph.Params, rng *rand.Rand) layers.Layer {
			return must(layers.NewDense(p, "dense", in, out, act, rng))
		}
	}
	just := func(l layers.Layer) func(*graph.Params, *rand.Rand) layers.Layer {
		return func(*graph.Params, *rand.Rand) layers.Layer { return l }
	}
	for _, act := range []layers.Activation{layers.Identity, layers.Tanh, layers.Sigmoid, layers.Softplus, layers.ReLU, layers.Exp} {
		checkGradient(t, fmt.Sprintf("dense, %v", act), dense(act, 2, 4), weighted)
	}
	for _, act := range []layers.Activation{layers.Tanh, layers.Sigmoid, layers.Softplus, layers.ReLU, layers.Exp} {
		checkGradient(t, fmt.Sprintf("%v alone", layers.Activation(act)), just(act), weighted)
	}
	checkGradient(t, "cube", just(layers.Cube{}), weighted)
	checkGradient(t, "chain", func(p *graph.Params, rng *rand.Rand) layers.Layer {
		return layers.Chain{
			layers.Cube{},
			must(layers.NewDense(p, "a", 2, 5, layers.Tanh, rng)),
			layers.Softplus,
			must(layers.NewDense(p, "b", 5, 1, layers.Identity, rng)),
		}
	}, weighted)
	checkGradient(t, "convolution", func(p *graph.Params, rng *rand.Rand) layers.Layer {
		first := must(layers.NewConv(p, "first", layers.Image{Channels: 2, Height: 3, Width: 4}, 3, rng, &layers.ConvSettings{Activation: layers.Tanh}))
		return layers.Chain{
			must(layers.NewDense(p, "up", 2, 24, layers.Tanh, rng)), first,
			must(layers.NewConv(p, "second", first.Out(), 2, rng, &layers.ConvSettings{Kernel: 2, Stride: 2, Valid: true})),
		}
	}, weighted)
	checkGradient(t, "augment", just(layers.Augment(3)), weighted)
	checkGradient(t, "residual block", func(p *graph.Params, rng *rand.Rand) layers.Layer {
		return layers.Residual{F: must(layers.NewDense(p, "f", 2, 2, layers.Tanh, rng))}
	}, weighted)
	checkGradient(t, "layer norm", func(p *graph.Params, rng *rand.Rand) layers.Layer {
		return layers.Chain{
			must(layers.NewDense(p, "up", 2, 5, layers.Tanh, rng)),
			must(layers.NewLayerNorm(p, "norm", 5)),
		}
	}, weighted)
	checkGradient(t, "empty chain", just(layers.Chain{}), weighted)
	checkGradient(t, "function", just(layers.LayerFunc(func(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.Sin(x)
	})), weighted)
	checkGradient(t, "classifier", func(p *graph.Params, rng *rand.Rand) layers.Layer {
		c := classify(must(layers.NewDense(p, "logits", 2, 4, layers.Identity, rng)))
		labels := tensor.New(tensor.WithShape(3), tensor.WithBacking([]float64{3, 0, 1}))
		return layers.LayerFunc(func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			l, err := s.Data(labels)
			if err != nil {
				return nil, err
			}
			return c(s, gorgonia.Nodes{x, l})
		})
	}, func(_ *graph.Scope, l *gorgonia.Node) (*gorgonia.Node, error) { return l, nil })
}

// TestNeuralODEGradients freezes the steps by fixing them, and the tolerance
// scale of E, which the reverse pass takes as constant, by leaving only the
// absolute tolerance.
func TestNeuralODEGradients(t *testing.T) {
	for _, tt := range []struct {
		name string
		integrators.Method
	}{
		{"Tsit5", integrators.Tsit5}, {"BS3", integrators.BS3}, {"RK4", integrators.RK4}, {"Vern7", integrators.Vern7},
		{"Rosenbrock23", integrators.Rosenbrock23}, {"Rodas5P", integrators.Rodas5P},
	} {
		for _, way := range []integrators.Settings{{}, {Memory: integrators.Checkpoint}, {Mode: integrators.Inline}} {
			for _, saveAt := range [][]float64{nil, {1, 0.65, 0.2, 0}} {
				set := way
				set.FixedSteps, set.AbsTol, set.RelTol, set.SaveAt = 3, 1e-2, 1e-300, saveAt
				if tt.Adaptive() {
					set.Regularizers = append(set.Regularizers, integrators.Regularizer{Term: integrators.Error, Aggregation: integrators.Mean})
				}
				if tt.EstimatesStiffness() {
					set.Regularizers = append(set.Regularizers, integrators.Regularizer{Term: integrators.Stiffness, Aggregation: integrators.Max})
				}
				// Backwards in time, with dynamics that depend on it.
				checkGradient(t, fmt.Sprintf("%s, %+v", tt.name, set), func(p *graph.Params, rng *rand.Rand) layers.Layer {
					f := layers.Chain{
						must(layers.NewTimeDense(p, "up", 2, 3, layers.Tanh, rng)),
						layers.Cube{},
						must(layers.NewTimeDense(p, "down", 3, 2, layers.Softplus, rng)),
					}
					return must(layers.NewNeuralODE(p, f, 1, 0, tt.Method, &set))
				}, func(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, error) {
					l, err := weighted(s, y)
					if err != nil {
						return nil, err
					}
					lambda, err := s.Data(gorgonia.NewF64(0.5))
					if err != nil {
						return nil, err
					}
					for _, r := range set.Regularizers {
						if l, err = losses.Penalized(s, l, r, lambda); err != nil {
							return nil, err
						}
					}
					return l, nil
				})
			}
		}
	}
}
