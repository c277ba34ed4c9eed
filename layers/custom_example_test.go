package layers_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// Gated is the layer tanh(x·W) ⊙ σ(t·g + c): the units open and close with
// time.
type Gated struct {
	w, g, c *graph.Param
}

var _ layers.Layer = (*Gated)(nil)

// NewGated declares the parameters of a layer from in to out columns.
func NewGated(p *graph.Params, name string, in, out int, rng *rand.Rand) (*Gated, error) {
	var l Gated
	var err error
	if l.w, err = p.Add(name+".w", layers.GlorotUniform(rng, in, out), in, out); err != nil {
		return nil, err
	}
	if l.g, err = p.Add(name+".g", layers.GlorotUniform(rng, 1, out), out); err != nil {
		return nil, err
	}
	l.c, err = p.Add(name+".c", nil, out) // nil: zeros
	return &l, err
}

// Forward maps x (batch, in) to (batch, out).
func (l *Gated) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	must := gorgonia.Must // whoever runs the builder returns its panics as errors
	w, g, c, t := must(s.Param(l.w)), must(s.Param(l.g)), must(s.Param(l.c)), must(s.Time())
	y := must(gorgonia.Tanh(must(gorgonia.Mul(x, w))))
	opening := must(gorgonia.Sigmoid(must(gorgonia.Add(must(gorgonia.Mul(t, g)), c))))
	return gorgonia.BroadcastHadamardProd(y, opening, nil, []byte{0})
}

// A layer of one's own in the dynamics of a neural ODE: trained with the error
// regularizer, used to predict, saved and loaded.
func Example_customLayer() {
	rng := rand.New(rand.NewPCG(1, 0))
	params := graph.NewParams(tensor.Float64)
	gated := must(NewGated(params, "gated", 2, 16, rng))
	out := must(layers.NewDense(params, "out", 16, 2, layers.Identity, rng))
	effort := integrators.Regularizer{Term: integrators.Error, Aggregation: integrators.Sum}
	node := must(layers.NewNeuralODE(params, layers.Chain{gated, out}, 0, 1, integrators.Tsit5,
		&integrators.Settings{AbsTol: 1e-6, RelTol: 1e-6, Regularizers: []integrators.Regularizer{effort}}))

	// Learn to turn points by a right angle.
	const batch = 32
	x, y := make([]float64, 2*batch), make([]float64, 2*batch)
	for i := 0; i < len(x); i += 2 {
		x[i], x[i+1] = 2*rng.Float64()-1, 2*rng.Float64()-1
		y[i], y[i+1] = -x[i+1], x[i]
	}
	points := tensor.New(tensor.WithShape(batch, 2), tensor.WithBacking(x))
	turned := tensor.New(tensor.WithShape(batch, 2), tensor.WithBacking(y))

	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		loss := gorgonia.Must(losses.MeanSquaredError(gorgonia.Must(node.Forward(s, in[0])), in[1]))
		s.Record("task", loss)
		return losses.Penalized(s, loss, effort, in[2])
	}, nil))
	solver := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.03}))
	for i := range 100 {
		weight := losses.Annealing{First: 0.1, Last: 0.01, Epochs: 100}.At(i + 1)
		if _, err := objective.Evaluate(points, turned, gorgonia.NewF64(weight)); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step([]gorgonia.ValueGrad{params}); err != nil {
			log.Fatal(err)
		}
	}
	task := value.Scalar(objective.Recorded("task")[0])
	fmt.Println("mean squared error below 0.01:", task < 0.01)

	predictor := must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		return gorgonia.Nodes{gorgonia.Must(node.Forward(s, in[0]))}, nil
	}, nil))
	point := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{0.5, 0}))
	before := value.Float64s(must(predictor.Predict(context.Background(), point))[0])
	fmt.Printf("(0.5, 0) is turned to about (%.1f, %.1f)\n", math.Abs(before[0]), before[1])

	var file bytes.Buffer
	if err := params.Save(&file); err != nil {
		log.Fatal(err)
	}
	params.SetFloat64s(make([]float64, params.Len())) // forget everything
	if err := params.Load(&file); err != nil {
		log.Fatal(err)
	}
	after := value.Float64s(must(predictor.Predict(context.Background(), point))[0])
	fmt.Println("loaded parameters predict the same:", after[0] == before[0] && after[1] == before[1])
	// Output:
	// mean squared error below 0.01: true
	// (0.5, 0) is turned to about (0.0, 0.5)
	// loaded parameters predict the same: true
}
