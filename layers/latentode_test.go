package layers_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// tiny is a latent ODE small enough for finite differences.
func tiny(solver integrators.Settings, mode integrators.Mode, memory integrators.Memory) latentSettings {
	solver.Regularizers, solver.Mode, solver.Memory = regularizers, mode, memory
	return latentSettings{dtype: tensor.Float64, batch: 3, features: 2, times: 4, solver: solver,
		sizes: layers.LatentODESettings{Latent: 2, State: 2, Gate: 3, Encoder: 3, Dynamics: []int{3, 2}, Sigma: 0.5, Mode: mode, Memory: memory}}
}

var latentWays = []struct {
	mode   integrators.Mode
	memory integrators.Memory
}{{integrators.Called, integrators.Store}, {integrators.Called, integrators.Checkpoint}, {integrators.Inline, integrators.Store}}

// TestLatentODEGradients compares the gradient of the whole loss, from the
// encoder to the decoder, with R_E and R_S, with central differences. The steps
// are frozen by fixing them, the tolerance scale of E by leaving the absolute
// tolerance alone.
func TestLatentODEGradients(t *testing.T) {
	for _, way := range latentWays {
		m := newLatentModel(t, tiny(integrators.Settings{FixedSteps: 2, AbsTol: 1e-2, RelTol: 1e-300}, way.mode, way.memory))
		rng := rand.New(rand.NewPCG(2, 2))
		perturb(m.params, rng)
		in := m.data(rng, 0.5)
		obj := m.objective(t)
		_, g, err := evaluate(obj, m.params, in...)
		if err != nil {
			t.Fatal(err)
		}
		grad := value.Float64s(g)
		w := m.params.Vector().Float64s()
		zeros := 0
		for i, at := range w {
			const h = 1e-4 // and an error of h⁴
			f := func(k float64) float64 {
				w[i] = at + k*h
				l, err := obj.Evaluate(in...)
				if err != nil {
					t.Fatal(err)
				}
				return l
			}
			want := (8*(f(1)-f(-1)) - (f(2) - f(-2))) / (12 * h)
			w[i] = at
			if math.Abs(grad[i]-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("%+v: derivative by entry %d is %v, central difference %v", way, i, grad[i], want)
			}
			if want == 0 {
				zeros++
			}
		}
		if zeros > len(w)/10 {
			t.Errorf("%+v: %d of %d derivatives vanish", way, zeros, len(w))
		}
	}
}

// TestLatentODEThreeWays: with adaptive steps, called, checkpointed and inline
// models agree, and predict what they were trained on.
func TestLatentODEThreeWays(t *testing.T) {
	var loss float64
	var grad []float64
	for i, way := range latentWays {
		m := newLatentModel(t, tiny(integrators.Settings{AbsTol: 1e-6, RelTol: 1e-6}, way.mode, way.memory))
		rng := rand.New(rand.NewPCG(2, 2))
		perturb(m.params, rng)
		in := m.data(rng, 0.5)
		obj := m.objective(t)
		l, g, err := evaluate(obj, m.params, in...)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			loss, grad = l, value.Float64s(g)
		}
		near(t, fmt.Sprintf("%+v, loss", way), []float64{l}, []float64{loss}, 1e-11)
		near(t, fmt.Sprintf("%+v, gradient", way), value.Float64s(g), grad, 1e-10)

		pred := must(graph.NewPredictor(m.params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, q, err := m.Reconstruct(s, in[0], in[1])
			return gorgonia.Nodes{y, q}, err
		}, nil))
		out, err := pred.Predict(context.Background(), in[:2]...)
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("%+v, prediction", way), value.Float64s(out[0]), value.Float64s(obj.Recorded(layers.ReconstructionRecord)[0]), 1e-12)
		near(t, fmt.Sprintf("%+v, squared error", way), value.Float64s(obj.Recorded(layers.SquaredErrorRecord)[0]), []float64{m.squaredError(out[0], in[2], in[3])}, 1e-12)
	}
}

// squaredError is the mean over series of the mean square of y − data where
// something is observed.
func (m *latentModel) squaredError(y, data, mask gorgonia.Value) float64 {
	squares, count := make([]float64, m.set.batch), make([]float64, m.set.batch)
	predicted, observed := value.Float64s(y), value.Float64s(mask)
	for i, x := range value.Float64s(data) {
		d, sample := predicted[i]-x, i/m.set.features%m.set.batch
		squares[sample] += observed[i] * d * d
		count[sample] += observed[i]
	}
	floats.Div(squares, count)
	return stat.Mean(squares, nil)
}

// TestLatentODECachedGraph: other series on a graph of the cache give what a
// new model gives, bit for bit.
func TestLatentODECachedGraph(t *testing.T) {
	set := tiny(integrators.Settings{AbsTol: 1e-4, RelTol: 1e-4}, integrators.Called, integrators.Store)
	m := newLatentModel(t, set)
	obj := m.objective(t)
	for seed := range uint64(5) {
		in := m.data(rand.New(rand.NewPCG(seed, 0)), 0.5)
		loss, g, err := evaluate(obj, m.params, in...)
		if err != nil {
			t.Fatal(err)
		}
		want, wg, err := evaluate(newLatentModel(t, set).objective(t), m.params, in...)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "loss", []float64{loss}, []float64{want}, 0)
		near(t, "gradient", value.Float64s(g), value.Float64s(wg), 0)
	}
	if c := obj.Cache(); c.Hits == 0 {
		t.Errorf("no graph came from the cache: %+v", c)
	}
}

// TestLatentODELoss puts the loss together from its terms, recomputed from the
// prediction and the Gaussian.
func TestLatentODELoss(t *testing.T) {
	set := tiny(integrators.Settings{}, integrators.Called, integrators.Store)
	set.solver.Regularizers = nil
	m := newLatentModel(t, set)
	rng := rand.New(rand.NewPCG(4, 2))
	perturb(m.params, rng)
	in := m.data(rng, 0.6)
	obj := m.objective(t)
	loss, err := obj.Evaluate(in...)
	if err != nil {
		t.Fatal(err)
	}
	pred := must(graph.NewPredictor(m.params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, q, err := m.Reconstruct(s, in[0], in[1])
		return gorgonia.Nodes{y, q}, err
	}, nil))
	out, err := pred.Predict(context.Background(), in[:2]...)
	if err != nil {
		t.Fatal(err)
	}
	y, q := value.Float64s(out[0]), value.Float64s(out[1])
	data, mask := value.Float64s(in[2]), value.Float64s(in[3])
	sigma, kl, ll := set.sizes.Sigma, 0.0, 0.0
	for i := range set.batch {
		sum, observed := 0.0, 0.0
		for k := range set.times {
			for j := range set.features {
				at := (k*set.batch+i)*set.features + j
				d := mask[at] * (y[at] - data[at])
				sum += -d*d/(2*sigma*sigma) - math.Log(sigma) - 0.5*math.Log(2*math.Pi)
				observed += mask[at]
			}
		}
		ll += sum / observed / float64(set.batch)
		for j := range 2 {
			mu, lv := q[4*i+j], q[4*i+2+j]
			kl += 0.5 * (math.Exp(lv) + mu*mu - 1 - lv) / float64(2*set.batch)
		}
	}
	near(t, "loss", []float64{loss}, []float64{-ll + 0.4*kl}, 1e-12)
	near(t, "log likelihood", value.Float64s(obj.Recorded(layers.LikelihoodRecord)[0]), []float64{ll}, 1e-12)
	near(t, "divergence", value.Float64s(obj.Recorded(layers.DivergenceRecord)[0]), []float64{kl}, 1e-12)
}

// TestSaveTimesAreFree: 49 save times take the steps and the evaluations that
// none take.
func TestSaveTimesAreFree(t *testing.T) {
	var stats [2]integrators.Stats
	for i, times := range []int{1, 49} {
		rng := rand.New(rand.NewPCG(7, 7))
		p := graph.NewParams(tensor.Float64)
		f := must(layers.NewDense(p, "f", 3, 3, layers.Tanh, rng))
		x := must(p.Add("x", layers.GlorotUniform(rng, 3, 3), 4, 3))
		set := integrators.Settings{AbsTol: 1e-8, RelTol: 1e-8}
		for k := range times {
			set.SaveAt = append(set.SaveAt, float64(k+1)/float64(times))
		}
		node := must(layers.NewNeuralODE(p, f, 0, 1, integrators.Tsit5, &set))
		obj := must(graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
			z, err := s.Param(x)
			if err != nil {
				return nil, err
			}
			if z, err = node.Forward(s, z); err != nil {
				return nil, err
			}
			return weighted(s, z)
		}, nil))
		if _, err := obj.Evaluate(); err != nil {
			t.Fatal(err)
		}
		stats[i] = node.Last().Stats
	}
	if stats[0] != stats[1] || stats[0].NFE != 3+6*(stats[0].Accepted+stats[0].Rejected) {
		t.Errorf("one save time: %+v, 49: %+v", stats[0], stats[1])
	}
}

// TestLatentODESizes: the default is the network of the official code, whose
// parts have the parameters counted here.
func TestLatentODESizes(t *testing.T) {
	m := newLatentModel(t, latentSettings{dtype: tensor.Float32, batch: 1, features: 37, times: 2})
	gate := func(out int) int { return 175*40 + 40 + 40*out + out }
	want := 2*gate(50) + gate(100) + // recognition network
		100*50 + 50 + 50*40 + 40 + // encoder
		4*(20*50+50+50*20+20) + // dynamics
		20*37 + 37 // decoder
	if got := m.params.Len(); got != want {
		t.Errorf("%d parameters, expected %d", got, want)
	}
}

func TestLatentODEErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	saved := &integrators.Settings{SaveAt: []float64{0, 1}}
	fresh := func() *graph.Params { return graph.NewParams(tensor.Float64) }
	set := tiny(integrators.Settings{}, integrators.Called, integrators.Store)
	// loss builds the loss on inputs of which some have another shape.
	loss := func(l *layers.LatentODE, p *graph.Params, change func(in []graph.Spec)) error {
		in := (&latentModel{set: set}).inputs()
		change(in)
		var values []gorgonia.Value
		for _, spec := range in {
			values = append(values, value.New(spec.Dtype, spec.Shape...))
		}
		_, err := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			n, err := l.Loss(s, in[0], in[1], in[2], in[3], in[4])
			return gorgonia.Nodes{n}, err
		}, nil)).Predict(context.Background(), values...)
		return err
	}
	m := newLatentModel(t, set)
	shape := func(i int, shape ...int) func(in []graph.Spec) {
		return func(in []graph.Spec) { in[i].Shape = shape }
	}
	for _, c := range []struct {
		mentions string
		err      error
	}{
		{"without save times", second(layers.NewLatentODE(fresh(), 2, integrators.Tsit5, 0, 1, nil, nil, rng))},
		{"save time 1 is 1", second(layers.NewLatentODE(fresh(), 2, integrators.Tsit5, 0, 0.5, saved, nil, rng))},
		{"without parameters", second(layers.NewLatentODE(nil, 2, integrators.Tsit5, 0, 1, saved, nil, rng))},
		{"sizes [0 50 40]", second(layers.NewLatentODE(fresh(), 0, integrators.Tsit5, 0, 1, saved, nil, rng))},
		{`"dynamics.1" from 20 to -3`, second(layers.NewLatentODE(fresh(), 1, integrators.Tsit5, 0, 1, saved, &layers.LatentODESettings{Dynamics: []int{-3}}, rng))},
		{"without an encoder", loss(&layers.LatentODE{}, nil, func([]graph.Spec) {})},
		{"weight of the KL divergence", loss(m.LatentODE, m.params, shape(4, 2))},
		{"encoder: layer 1 of the chain", loss(m.LatentODE, m.params, shape(0, 12, 3))},
		{"initial state: Gaussian sample: eps is (3, 3)", loss(m.LatentODE, m.params, shape(1, 3, 3))},
		{"the data is (11, 2)", loss(m.LatentODE, m.params, shape(2, 11, 2))},
		{"the mask is (12, 1)", loss(m.LatentODE, m.params, shape(3, 12, 1))},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.mentions) {
			t.Errorf("error %v does not mention %q", c.err, c.mentions)
		}
	}
}
