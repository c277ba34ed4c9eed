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

// model is a small classifier with one or two neural ODEs between an encoder
// and a head: encoder, node, (joint, node,) head.
type model struct {
	params     *graph.Params
	nodes      []*layers.NeuralODE
	classifier graph.LossBuilder
	dtype      tensor.Dtype
	batch, in  int
	classes    int
}

type modelSettings struct {
	dtype      tensor.Dtype
	batch, dim int
	solves     int
	method     *integrators.Tableau
	solver     integrators.Settings
}

func newModel(t testing.TB, c modelSettings) *model {
	t.Helper()
	rng := rand.New(rand.NewPCG(11, 13))
	if c.method == nil {
		c.method = integrators.Tsit5
	}
	p := graph.NewParams(c.dtype)
	m := &model{params: p, dtype: c.dtype, batch: c.batch, in: 3, classes: 4}
	dense := func(name string, in, out int, act layers.Activation) layers.Layer {
		return must(layers.NewDense(p, name, in, out, act, rng))
	}
	chain := layers.Chain{dense("encoder", m.in, c.dim, layers.Tanh)}
	for i := range c.solves {
		timed := func(name string, in, out int) layers.Layer {
			return must(layers.NewTimeDense(p, fmt.Sprintf("%s%d", name, i), in, out, layers.Tanh, rng))
		}
		f := layers.Chain{timed("up", c.dim, 5), layers.Cube{}, timed("down", 5, c.dim)}
		node := must(layers.NewNeuralODE(p, f, 0, 1, c.method, &c.solver))
		m.nodes = append(m.nodes, node)
		if i > 0 {
			chain = append(chain, dense("joint", c.dim, c.dim, layers.Softplus))
		}
		chain = append(chain, node)
	}
	rows := max(1, len(c.solver.SaveAt))
	if rows > 1 {
		t.Fatal("the model's head takes the states of one time")
	}
	m.classifier = classify(append(chain, dense("head", c.dim, m.classes, layers.Identity)))
	return m
}

// data returns inputs and labels that depend on the seed.
func (m *model) data(seed uint64) []gorgonia.Value {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float64, m.batch*m.in)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	y := make([]float64, m.batch)
	for i := range y {
		y[i] = float64(rng.IntN(m.classes))
	}
	return []gorgonia.Value{m.value(x, m.batch, m.in), m.value(y, m.batch)}
}

func (m *model) value(x []float64, shape ...int) gorgonia.Value {
	v := value.New(m.dtype, shape...)
	value.SetFloat64s(v, x)
	return v
}

// penalty is the weight of every regularizer.
const penalty = 0.3

// objective is the cross entropy plus the given regularizers.
func (m *model) objective(t testing.TB, cache *graph.CacheSettings, regularizers ...integrators.Regularizer) *graph.Objective {
	t.Helper()
	return must(graph.NewObjective(m.params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		l, err := m.classifier(s, in)
		if err != nil || len(regularizers) == 0 {
			return l, err
		}
		lambda, err := s.Data(m.value([]float64{penalty}))
		if err != nil {
			return nil, err
		}
		for _, r := range regularizers {
			if l, err = losses.Penalized(s, l, r, lambda); err != nil {
				return nil, err
			}
		}
		return l, nil
	}, cache))
}

// predictor returns the cross entropy and the logits.
func (m *model) predictor(t testing.TB) *graph.Predictor {
	t.Helper()
	return must(graph.NewPredictor(m.params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		l, err := m.classifier(s, in)
		if err != nil {
			return nil, err
		}
		return gorgonia.Nodes{l, s.Recorded("logits")[0]}, nil
	}, nil))
}

// scale multiplies the parameters, which makes the dynamics faster or slower.
func (m *model) scale(c float64) {
	w := m.params.Float64s()
	for i := range w {
		w[i] *= c
	}
	m.params.SetFloat64s(w)
}

// near fails unless the entries of a and b differ by less than tol, relatively
// to their size or one.
func near(t testing.TB, what string, a, b []float64, tol float64) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%s: %d and %d entries", what, len(a), len(b))
	}
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= tol*(1+math.Abs(b[i]))) {
			t.Errorf("%s: entry %d is %v, expected %v", what, i, a[i], b[i])
			return
		}
	}
}
