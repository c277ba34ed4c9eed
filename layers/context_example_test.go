package layers_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// Growth with a rate that an encoder reads off two features of every row.
func ExampleInContext() {
	rng := rand.New(rand.NewPCG(1, 0))
	params := graph.NewParams(tensor.Float64)
	encoder := must(layers.NewDense(params, "encoder", 2, 3, layers.Tanh, rng))
	dynamics := layers.InContext{F: layers.Chain{ // of one column of state and three of context
		must(layers.NewDense(params, "hidden", 1+3, 16, layers.Tanh, rng)),
		must(layers.NewDense(params, "out", 16, 1, layers.Identity, rng)),
	}}
	node := must(layers.NewNeuralODE(params, dynamics, 0, 1, integrators.Tsit5, nil))
	solve := func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		context, err := encoder.Forward(s, in[1])
		if err != nil {
			return nil, err
		}
		return node.ForwardIn(s, in[0], context)
	}

	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, err := solve(s, in)
		if err != nil {
			return nil, err
		}
		return losses.MeanSquaredError(z, in[2])
	}, nil))
	start := matrix(4, 1, 1, 1, 1, 1)
	features := matrix(4, 2, 0, 0, 0, 1, 1, 0, 1, 1)
	end := matrix(4, 1, 1.6, 0.5, 2.0, 1.0)
	solver := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.03}))
	for range 200 {
		if _, err := objective.Evaluate(start, features, end); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step([]gorgonia.ValueGrad{params}); err != nil {
			log.Fatal(err)
		}
	}
	predictor := must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		z, err := solve(s, in)
		return gorgonia.Nodes{z}, err
	}, nil))
	z := must(predictor.Predict(context.Background(), start, features))
	fmt.Printf("%.1f\n", value.Float64s(z[0]))
	// Output:
	// [1.6 0.5 2.0 1.0]
}

// TestInContext: a context is what columns of the state that do not change are, with
// the same solution, gradient and, since they are no part of the error, fewer steps.
func TestInContext(t *testing.T) {
	declare := func(p *graph.Params) (layers.Layer, *graph.Param) {
		rng := rand.New(rand.NewPCG(3, 4))
		net := layers.Chain{
			must(layers.NewDense(p, "hidden", 4, 8, layers.Tanh, rng)),
			must(layers.NewDense(p, "out", 8, 2, layers.Identity, rng)),
		}
		return net, must(p.Add("context", layers.GlorotUniform(rng, 3, 2), 3, 2))
	}
	set := &integrators.Settings{FixedSteps: 5}
	x := matrix(3, 2, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)

	p := graph.NewParams(tensor.Float64)
	net, context := declare(p)
	node := must(layers.NewNeuralODE(p, layers.InContext{F: net}, 0, 1, integrators.Tsit5, set))
	loss, grad, err := evaluate(must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		c, err := s.Param(context)
		if err != nil {
			return nil, err
		}
		y, err := node.ForwardIn(s, in[0], c)
		if err != nil {
			return nil, err
		}
		return weighted(s, y)
	}, nil)), p, x)
	if err != nil {
		t.Fatal(err)
	}

	q := graph.NewParams(tensor.Float64)
	net, context = declare(q)
	wide := must(layers.NewNeuralODE(q, constantColumns{net}, 0, 1, integrators.Tsit5, set))
	wantLoss, want, err := evaluate(must(graph.NewObjective(q, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		c, err := s.Param(context)
		if err != nil {
			return nil, err
		}
		both, err := gorgonia.Concat(1, in[0], c)
		if err != nil {
			return nil, err
		}
		y, err := wide.Forward(s, both)
		if err != nil {
			return nil, err
		}
		if y, err = gorgonia.Slice(y, nil, gorgonia.S(0, 2)); err != nil {
			return nil, err
		}
		return weighted(s, y)
	}, nil)), q, x)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss", []float64{loss}, []float64{wantLoss}, 1e-13)
	near(t, "gradient", value.Float64s(grad), value.Float64s(want), 1e-12)

	if _, err := node.Predict(x); err == nil {
		t.Error("a prediction without the context has no error")
	}
}

// constantColumns is the field [f(x), 0, 0] of states of four columns.
type constantColumns struct{ f layers.Layer }

func (l constantColumns) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	y, err := l.f.Forward(s, x)
	if err != nil {
		return nil, err
	}
	return layers.Augment(2).Forward(s, y)
}
