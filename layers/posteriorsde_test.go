package layers_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// linear is the layer c·z + d.
type linear struct{ c, d float64 }

func (l linear) Forward(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	ones := value.New(z.Dtype(), z.Shape()...)
	value.SetFloat64s(ones, slices.Repeat([]float64{1}, z.Shape().TotalSize()))
	one, err := s.Data(ones)
	if err != nil {
		return nil, err
	}
	return ops.LinComb([]ops.Term{{X: z, C: l.c}, {X: one, C: l.d}}, nil, nil)
}

// TestPathDivergence: between dz = -a z dt + σ dW and dz = -b z dt + σ dW it is
//
//	E ∫ ½ ((a - b) z/σ)² dt,   E z² = z₀² e^{-2at} + σ² (1 - e^{-2at})/2a
//
// for every column, to one per cent, and the states are those of the posterior alone.
func TestPathDivergence(t *testing.T) {
	const a, b, sigma, z0, t1, rows = 1.2, 0.3, 0.5, 0.8, 1.5, 20_000
	set := &integrators.Settings{FixedSteps: 60, SaveAt: []float64{0.5, t1}}
	p := must(layers.NewPosteriorSDE(nil, linear{-a, 0}, linear{-b, 0}, linear{0, sigma}, 2, 0, t1, &integrators.Noise{Seed: 4, Grid: -1}, integrators.SOSRI, set))
	start := value.New(tensor.Float64, rows, 2)
	value.SetFloat64s(start, slices.Repeat([]float64{z0}, 2*rows))
	predictor := must(graph.NewPredictor(nil, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		z, l, err := p.Solve(s, in[0])
		return gorgonia.Nodes{z, l}, err
	}, nil))
	out := must(predictor.Predict(context.Background(), start))
	got := stat.Mean(value.Float64s(out[1]), nil)
	second := func(t float64) float64 { return z0*z0*math.Exp(-2*a*t) + sigma*sigma*(1-math.Exp(-2*a*t))/(2*a) }
	over := (1 - math.Exp(-2*a*t1)) / (2 * a) // ∫ e^{-2at} dt
	integral := z0*z0*over + sigma*sigma/(2*a)*(t1-over)
	want := 2 * 0.5 * (a - b) * (a - b) / (sigma * sigma) * integral
	if math.Abs(got-want) > 0.01*want {
		t.Errorf("divergence %v, expected %v", got, want)
	}
	for i, at := range set.SaveAt {
		z := value.Float64s(out[0])[2*rows*i : 2*rows*(i+1)]
		var m2 float64
		for _, v := range z {
			m2 += v * v / float64(len(z))
		}
		if math.Abs(m2-second(at)) > 0.02*second(at) {
			t.Errorf("E z² = %v at t = %v, expected %v", m2, at, second(at))
		}
	}
}

// newLatentSDE is a small model of series of two features at four times.
func newLatentSDE(t *testing.T, p *graph.Params, rng *rand.Rand, set integrators.Settings) layers.LatentSDE {
	t.Helper()
	const features, latent, hidden, context, times = 2, 2, 4, 3, 4
	at := []float64{0, 0.3, 0.7, 1}
	set.SaveAt = at
	dense := func(name string, in, out int, act layers.Activation) layers.Layer {
		return must(layers.NewDense(p, name, in, out, act, rng))
	}
	prior := layers.Chain{dense("h.1", latent, hidden, layers.Softplus), dense("h.2", hidden, latent, layers.Identity)}
	diffusion := must(layers.NewComponentwise(p, "g", latent, 3, layers.Sigmoid, rng))
	noise := &integrators.Noise{Seed: 3}
	return layers.LatentSDE{
		Encoder: layers.SeriesEncoder{
			Recurrence: must(layers.NewRecurrence(p, must(layers.NewGRU(p, "gru", features, 5, rng)), times, &layers.RecurrenceSettings{Backward: true})),
			Context:    dense("context", 5, context, layers.Identity),
			Initial:    dense("q", context, 2*latent, layers.Identity),
			Knots:      []int{0, 2, 3},
		},
		Posterior: must(layers.NewPosteriorSDE(p, layers.InContext{
			F:     layers.Chain{dense("f.1", latent+context, hidden, layers.Softplus), dense("f.2", hidden, latent, layers.Identity)},
			Times: []float64{0, 0.7, 1},
		}, prior, diffusion, latent, 0, 1, noise, integrators.SOSRI, &set)),
		Prior:       must(layers.NewNeuralSDE(p, prior, diffusion, 0, 1, noise, integrators.SOSRI, &integrators.Settings{SaveAt: at, FixedSteps: 8})),
		Mean:        must(p.Add("prior.mean", nil, latent)),
		LogVariance: must(p.Add("prior.log variance", nil, latent)),
		Decoder:     dense("decoder", latent, features, layers.Identity),
		Sigma:       0.5,
	}
}

// TestLatentSDEGradient compares the gradient of the bound, with R_E, by all parameters
// and the series with differences.
func TestLatentSDEGradient(t *testing.T) {
	effort := integrators.Regularizer{Term: integrators.Error}
	for _, set := range []integrators.Settings{{}, {Memory: integrators.Checkpoint}, {Mode: integrators.Inline}} {
		set.FixedSteps, set.AbsTol, set.RelTol = 5, 1, integrators.Zero
		set.Regularizers = []integrators.Regularizer{effort}
		rng := rand.New(rand.NewPCG(5, 8))
		p := graph.NewParams(tensor.Float64)
		series := must(p.Add("x", layers.GlorotUniform(rng, 1, 1), 12, 2))
		m := newLatentSDE(t, p, rng, set)
		eps, lambda := matrix(3, 2, 0.1, -0.7, 1.2, 0.3, -0.4, 0.9), gorgonia.NewF64(0.7)
		objective := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			x, err := s.Param(series)
			if err != nil {
				return nil, err
			}
			loss, err := m.Loss(s, x, in[0], in[1])
			if err != nil {
				return nil, err
			}
			return losses.Penalized(s, loss, effort, in[1])
		}, nil))
		w := p.Vector().Float64s()
		for i := range w {
			w[i] += 0.1 * rng.NormFloat64()
		}
		_, g, err := evaluate(objective, p, eps, lambda)
		if err != nil {
			t.Fatal(err)
		}
		grad := value.Float64s(g)
		for i, at := range w {
			const h = 1e-4
			f := func(k float64) float64 {
				w[i] = at + k*h
				l := must(objective.Evaluate(eps, lambda))
				return l
			}
			want := (8*(f(1)-f(-1)) - (f(2) - f(-2))) / (12 * h)
			w[i] = at
			if math.Abs(grad[i]-want) > 1e-7*max(1, math.Abs(want)) {
				t.Errorf("%v, %v: gradient %d is %v, expected %v", set.Mode, set.Memory, i, grad[i], want)
			}
		}
	}
}

// TestLatentSDESample: with the prior's deviations tiny the samples begin where the
// decoder takes its mean.
func TestLatentSDESample(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	m := newLatentSDE(t, p, rand.New(rand.NewPCG(5, 8)), integrators.Settings{FixedSteps: 5})
	mean, logs := p.Lookup("prior.mean"), p.Lookup("prior.log variance")
	w := p.Vector().Float64s()
	copy(w[mean.Offset:], []float64{0.4, -0.6})
	copy(w[logs.Offset:], []float64{-60, -60})
	predictor := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := m.Sample(s, in[0])
		if err != nil {
			return nil, err
		}
		start, err := m.Decoder.Forward(s, in[1])
		return gorgonia.Nodes{y, start}, err
	}, nil))
	out := must(predictor.Predict(context.Background(), matrix(2, 2, 1, 2, 3, 4), matrix(1, 2, 0.4, -0.6)))
	y, want := value.Float64s(out[0]), value.Float64s(out[1])
	if len(y) != 16 {
		t.Fatalf("%d numbers, expected 16", len(y))
	}
	near(t, "first state", y[:4], append(slices.Clone(want), want...), 1e-9)
	if slices.Equal(y[12:14], y[14:]) {
		t.Error("both rows end alike, expected noise of their own")
	}
}

// TestComponentwise: every column of the result depends on its own alone.
func TestComponentwise(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	l := must(layers.NewComponentwise(p, "g", 3, 4, layers.Sigmoid, rand.New(rand.NewPCG(1, 2))))
	y := applyLayer(t, p, l, matrix(2, 3, 0.1, 0.2, 0.3, 0.1, -5, 0.3))
	if y[0] != y[3] || y[2] != y[5] || y[1] == y[4] {
		t.Errorf("%v, expected columns 0 and 2 alike in both rows", y)
	}
	// By hand.
	w := func(name string) []float64 {
		q := p.Lookup(name)
		return p.Vector().Float64s()[q.Offset:]
	}
	sum := w("g.c")[1]
	for j := 4; j < 8; j++ {
		sum += w("g.v")[j] * math.Log1p(math.Exp(w("g.w")[j]*-5+w("g.b")[j]))
	}
	near(t, "column 1", y[4:5], []float64{1 / (1 + math.Exp(-sum))}, 1e-14)
	checkGradient(t, "componentwise", func(p *graph.Params, rng *rand.Rand) layers.Layer {
		return must(layers.NewComponentwise(p, "g", 2, 3, layers.Tanh, rng))
	}, weighted)
}

func TestBadLatentSDE(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	rng := rand.New(rand.NewPCG(1, 2))
	second := func(_ any, err error) error { return err }
	one := linear{1, 0}
	for want, err := range map[string]error{
		"without a posterior": second(layers.NewPosteriorSDE(p, nil, one, one, 1, 0, 1, nil, integrators.SOSRI, nil)),
		"of 0 columns":        second(layers.NewPosteriorSDE(p, one, one, one, 0, 0, 1, nil, integrators.SOSRI, nil)),
		"ordinary equations":  second(layers.NewPosteriorSDE(p, one, one, one, 1, 0, 1, nil, integrators.Tsit5, nil)),
		"0 hidden units":      second(layers.NewComponentwise(p, "g", 1, 0, layers.Sigmoid, rng)),
		"without a random":    second(layers.NewComponentwise(p, "g", 1, 1, layers.Sigmoid, nil)),
		"without parameters":  second(layers.NewComponentwise(nil, "g", 1, 1, layers.Sigmoid, rng)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected one that mentions %q", err, want)
		}
	}
	predict := func(m layers.LatentSDE, columns int) error {
		predictor := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, _, _, err := m.Reconstruct(s, in[0], in[1])
			return gorgonia.Nodes{y}, err
		}, nil))
		_, err := predictor.Predict(context.Background(), value.New(tensor.Float64, 12, columns), value.New(tensor.Float64, 3, 2))
		return err
	}
	m := newLatentSDE(t, p, rng, integrators.Settings{FixedSteps: 2})
	if err := predict(m, 2); err != nil {
		t.Fatal(err)
	}
	if err := predict(layers.LatentSDE{}, 2); err == nil || !strings.Contains(err.Error(), "without a posterior or a decoder") {
		t.Errorf("error %v of an empty model", err)
	}
	m.Encoder.Knots = []int{2, 0}
	if err := predict(m, 2); err == nil || !strings.Contains(err.Error(), "numbers of times that ascend") {
		t.Errorf("error %v of knots that descend", err)
	}
	m.Encoder.Knots = []int{0, 1}
	if err := predict(m, 2); err == nil || !strings.Contains(err.Error(), "posterior") {
		t.Errorf("error %v of fewer knots than times of the context", err)
	}
}

// TestForwardEncoder: an encoder whose recurrence goes forward knows nothing of the
// series at its first time, and is refused.
func TestForwardEncoder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float64)
	m := newLatentSDE(t, p, rng, integrators.Settings{})
	m.Encoder.Recurrence = must(layers.NewRecurrence(p, must(layers.NewGRU(p, "forward", 2, 5, rng)), 4, nil))
	predictor := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		q, context, err := m.Encoder.Encode(s, in[0])
		return gorgonia.Nodes{q, context}, err
	}, nil))
	if _, err := predictor.Predict(t.Context(), value.New(tensor.Float64, 4, 2)); err == nil || !strings.Contains(err.Error(), "Backward") {
		t.Errorf("error %v, expected one that names what is to be set", err)
	}
}
