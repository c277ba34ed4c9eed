package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

var theIntegral = integrators.Regularizer{Term: integrators.Integral}

// taylorNode is a neural ODE of given dynamics with R_K, and other regularizers
// of the settings before it.
func taylorNode(t testing.TB, p *graph.Params, f layers.Layer, order int, m *integrators.Tableau, t1 float64, set integrators.Settings) *layers.NeuralODE {
	t.Helper()
	var err error
	if set.Integrand, err = layers.TaylorIntegrand(f, order); err != nil {
		t.Fatal(err)
	}
	set.Regularizers = append(slices.Clone(set.Regularizers), theIntegral)
	return must(layers.NewNeuralODE(p, f, 0, t1, m, &set))
}

// taylorLoss is an objective of Σ z² + 0.3·R_K, or with others 0.2 times each of
// these too.
func taylorLoss(t testing.TB, p *graph.Params, node *layers.NeuralODE, shape tensor.Shape, others ...integrators.Regularizer) *graph.Objective {
	t.Helper()
	return must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, err := node.Forward(s, in[0])
		if err != nil {
			return nil, err
		}
		loss, err := ops.MeanSquare(z)
		if err != nil {
			return nil, err
		}
		terms := []ops.Term{{X: loss, C: 1}, {X: s.Recorded(theIntegral)[0], C: 0.3}}
		for _, r := range others {
			terms = append(terms, ops.Term{X: s.Recorded(r)[0], C: 0.2})
		}
		return ops.LinComb(terms, nil, nil)
	}, nil))
}

// TestTaylorGradient compares the gradient of a loss with R_K in it, K = 1 to 5,
// with differences along some directions: over equal steps the loss is a smooth
// function of the parameters. All ways to run it agree.
func TestTaylorGradient(t *testing.T) {
	x := matrix(3, 2, 0.8, -0.3, 1.2, 0.4, -0.9, 0.6)
	rng := rand.New(rand.NewPCG(6, 6))
	for order := 1; order <= 5; order++ {
		for _, tt := range []struct {
			m      *integrators.Tableau
			t1     float64
			saveAt []float64
		}{{integrators.Tsit5, 1, nil}, {integrators.Tsit5, -0.8, []float64{-0.1, -0.5, -0.8}}, {integrators.Vern7, 1, []float64{0, 0.7}}, {integrators.RK4, 1, nil}} {
			if order != 3 && (tt.m != integrators.Tsit5 || tt.t1 < 0) {
				continue
			}
			name := fmt.Sprintf("order %d, %s to %v", order, tt.m.Name, tt.t1)
			var first []float64
			for _, set := range []integrators.Settings{{}, {Memory: integrators.Checkpoint}, {Mode: integrators.Inline}} {
				if first != nil && order != 3 {
					break
				}
				set.FixedSteps, set.SaveAt = 2, tt.saveAt
				p := graph.NewParams(tensor.Float64)
				node := taylorNode(t, p, mixed(p, rand.New(rand.NewPCG(3, 1))), order, tt.m, tt.t1, set)
				objective := taylorLoss(t, p, node, x.Shape())
				evaluate := func() (float64, []float64) {
					l, g, err := evaluate(objective, p, x)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					return l, value.Float64s(g)
				}
				l, grad := evaluate()
				if first != nil {
					for i, g := range append(grad, l) {
						if !(math.Abs(g-first[i]) <= 1e-11*(1+math.Abs(g))) {
							t.Fatalf("%s, mode %d, memory %d: entry %d of the gradient is %v, stored and called %v", name, set.Mode, set.Memory, i, g, first[i])
						}
						if set.Memory == integrators.Checkpoint && g != first[i] {
							t.Fatalf("%s: entry %d of the gradient is %v, stored %v", name, i, g, first[i])
						}
					}
					continue
				}
				first = append(grad, l)
				w := p.Float64s()
				for range 3 { // directions
					v := make([]float64, len(w))
					for i := range v {
						v[i] = rng.NormFloat64()
					}
					floats.Scale(1/floats.Norm(v, 2), v)
					f := func(h float64) float64 {
						p.SetFloat64s(floats.AddScaledTo(make([]float64, len(w)), w, h, v))
						l, _ := evaluate()
						return l
					}
					const h = 1e-3 // and an error of h⁶
					want := (45*(f(h)-f(-h)) - 9*(f(2*h)-f(-2*h)) + (f(3*h) - f(-3*h))) / (60 * h)
					p.SetFloat64s(w)
					if got := floats.Dot(grad, v); !(math.Abs(got-want) <= 1e-8*(1+math.Abs(want))) {
						t.Errorf("%s: derivative along a direction is %v, by differences %v", name, got, want)
					}
				}
			}
		}
	}
}

// TestTaylorIsTheIntegral: R_K of z' = −z is ∫ z² for every K, here with an
// adaptive method, a random end as with STEER, and both element types.
func TestTaylorIsTheIntegral(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for dt, tol := range map[tensor.Dtype]float64{tensor.Float64: 1e-8, tensor.Float32: 1e-5} {
		for order := 1; order <= 5; order++ {
			p := graph.NewParams(dt)
			node := taylorNode(t, p, affine(p, layers.Identity, -1, 0, 0), order, integrators.Tsit5, 1, integrators.Settings{AbsTol: tol / 10, RelTol: tol / 10})
			x := tensor.New(tensor.Of(dt), tensor.WithShape(2, 1))
			value.SetFloat64s(x, []float64{1, 2})
			objective := taylorLoss(t, p, node, x.Shape())
			for range 3 {
				end := must(losses.EndTime(rng, 0, 1, 0.5))
				if err := node.SetSpan(0, end); err != nil {
					t.Fatal(err)
				}
				if _, err := objective.Evaluate(x); err != nil {
					t.Fatal(err)
				}
				got := value.Scalar(objective.Recorded(theIntegral)[0])
				if want := (1 + 4) / 2. * (1 - math.Exp(-2*end)) / 2; math.Abs(got-want) > tol {
					t.Errorf("%v: R_%d up to %v is %v, expected %v", dt, order, end, got, want)
				}
			}
		}
	}
}

// TestTaylorBesideOthers: with R_E and R_S in the loss too, the solve and all
// values are those without R_K, and the gradient is the sum.
func TestTaylorBesideOthers(t *testing.T) {
	x := matrix(3, 2, 0.8, -0.3, 1.2, 0.4, -0.9, 0.6)
	others := []integrators.Regularizer{{Term: integrators.Error, Aggregation: integrators.Mean}, {Term: integrators.Stiffness, Aggregation: integrators.Max}}
	set := integrators.Settings{AbsTol: 1e-5, RelTol: 1e-5, Regularizers: others}
	type outcome struct {
		grad   []float64
		stats  integrators.Stats
		values [3]float64
	}
	run := func(weights [4]float64) outcome {
		p := graph.NewParams(tensor.Float64)
		node := taylorNode(t, p, mixed(p, rand.New(rand.NewPCG(3, 1))), 3, integrators.Tsit5, 2, set)
		var o outcome
		objective := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			z, err := node.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			loss, err := ops.MeanSquare(z)
			if err != nil {
				return nil, err
			}
			terms := []ops.Term{{X: loss, C: weights[0]}}
			for i, r := range append(slices.Clone(others), theIntegral) {
				terms = append(terms, ops.Term{X: s.Recorded(r)[0], C: weights[i+1]})
			}
			return ops.LinComb(terms, nil, nil)
		}, nil))
		_, g, err := evaluate(objective, p, x)
		if err != nil {
			t.Fatal(err)
		}
		o.grad, o.stats = value.Float64s(g), node.Last().Stats
		for i, r := range append(slices.Clone(others), theIntegral) {
			o.values[i] = value.Scalar(objective.Recorded(r)[0])
		}
		return o
	}
	all := run([4]float64{1, 2, 0.5, 0.25})
	parts := []outcome{run([4]float64{1, 2, 0.5, 0}), run([4]float64{0, 0, 0, 0.25})}
	for _, o := range parts {
		if o.stats != all.stats || o.values != all.values {
			t.Errorf("%+v and %v, with other weights %+v and %v", all.stats, all.values, o.stats, o.values)
		}
	}
	for i, g := range all.grad {
		if want := parts[0].grad[i] + parts[1].grad[i]; !(math.Abs(g-want) <= 1e-12*(1+math.Abs(want))) {
			t.Errorf("entry %d of the gradient is %v, expected the sum %v", i, g, want)
		}
	}
	if all.values[2] <= 0 || all.stats.Accepted < 3 {
		t.Errorf("R_3 = %v in %d steps", all.values[2], all.stats.Accepted)
	}
}

// TestIntegralsAreRecordedApart: of two integrals of one integrand each has the name
// of its regularizer. Of z' = −2z they are R_1 = 4·∫ z² and R_2 = 16·∫ z².
func TestIntegralsAreRecordedApart(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	f := affine(p, layers.Identity, -2, 0, 0)
	r1, r2 := integrators.Regularizer{Term: integrators.Integral}, integrators.Regularizer{Term: integrators.Integral, Index: 1}
	node := must(layers.NewNeuralODE(p, f, 0, 1, integrators.Tsit5, &integrators.Settings{
		AbsTol: 1e-9, RelTol: 1e-9, Regularizers: []integrators.Regularizer{r1, r2},
		Integrand: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, gorgonia.Nodes, error) {
			d, err := layers.Derivatives(s, f, z, 2)
			if err != nil {
				return nil, nil, err
			}
			return d[0], gorgonia.Nodes{must(ops.MeanSquare(d[0])), must(ops.MeanSquare(d[1]))}, nil
		},
	}))
	objective := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		loss, err := ops.MeanSquare(must(node.Forward(s, in[0])))
		if err != nil {
			return nil, err
		}
		if loss, err = losses.Penalized(s, loss, r1, in[1]); err != nil {
			return nil, err
		}
		return losses.Penalized(s, loss, r2, in[2])
	}, nil))
	loss, err := objective.Evaluate(matrix(1, 1, 1), gorgonia.NewF64(0.5), gorgonia.NewF64(0.25))
	if err != nil {
		t.Fatal(err)
	}
	square := (1 - math.Exp(-4)) / 4
	for r, want := range map[integrators.Regularizer]float64{r1: 4 * square, r2: 16 * square} {
		got := objective.Recorded(r)
		if len(got) != 1 || math.Abs(value.Scalar(got[0])-want) > 1e-7 {
			t.Errorf("%v is %v, expected %v", r, got, want)
		}
	}
	if want := math.Exp(-4) + 0.5*4*square + 0.25*16*square; math.Abs(loss-want) > 1e-7 {
		t.Errorf("loss %v, expected %v", loss, want)
	}
}
