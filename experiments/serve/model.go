package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// trained are the parameters of the variant ernode of mnist_node, seed 1, after
//
//	go run ./experiments/mnist_node -variants ernode
//
// rounded to float32. They are made from a part of MNIST (Y. LeCun, C. Cortes, C. Burges),
// which is under the licence CC BY-SA 3.0.
//
//go:embed trained/mnist.safetensors
var trained []byte

// about says where the model in the binary comes from.
const about = "The model in the binary: the neural ODE of mnist_node with the error regularizer, trained on 2000 images of MNIST (Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0)."

// modelSettings say which model is served, and what a prediction may cost.
type modelSettings struct {
	file           string // of the parameters of mnist_node; those in the binary if empty
	tol            float64
	maxEvaluations int
	instances      int // batches that are solved at once
}

// classifier is the neural ODE of mnist_node, whose steps are chosen for each image by
// itself.
type classifier struct {
	ode       *layers.NeuralODE
	predictor *graph.Predictor
	call      graph.CallSettings
}

var _ predictor = (*classifier)(nil)

func newClassifier(set modelSettings) (*classifier, error) {
	params := graph.NewParams(tensor.Float64)
	net, err := networks.NewMNISTODE(params, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return nil, err
	}
	if err := loadModel(set.file, params); err != nil {
		return nil, err
	}
	c := &classifier{call: graph.CallSettings{MaxEvaluations: set.maxEvaluations}}
	c.ode, err = net.Solve(params, integrators.Tsit5, &integrators.Settings{
		Steps: integrators.PerRow, AbsTol: set.tol, RelTol: set.tol, Record: true,
	})
	if err != nil {
		return nil, err
	}
	model := layers.Chain{c.ode, net.Head}
	c.predictor, err = graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		logits, err := model.Forward(s, in[0])
		return gorgonia.Nodes{logits}, err
	}, &graph.PredictorSettings{Instances: set.instances, RowExact: true})
	return c, err
}

// loadModel loads parameters of either element type from a file, those in the binary if its name is empty.
func loadModel(file string, params *graph.Params) error {
	convert := &exchange.Settings{Convert: true}
	if file == "" {
		return exchange.Safetensors.Load(bytes.NewReader(trained), int64(len(trained)), params, convert)
	}
	return exchange.Safetensors.LoadFile(file, params, convert)
}

// predict implements predictor. An error is that of the first image that failed.
func (c *classifier) predict(ctx context.Context, images [][]float64) ([]answer, error) {
	x := make([]float64, 0, len(images)*mnist.Pixels)
	for _, image := range images {
		x = append(x, image...)
	}
	var report graph.Report
	call := c.call
	call.Report = &report
	out, err := c.predictor.With(call).Predict(ctx, tensor.New(tensor.WithShape(len(images), mnist.Pixels), tensor.WithBacking(x)))
	if err != nil {
		return nil, err
	}
	sol := c.ode.Reported(&report)[0]
	logits, answers := value.Float64s(out[0]), make([]answer, len(images))
	for i := range answers {
		row := sol.Rows[i]
		answers[i] = answer{NFE: row.NFE, Accepted: row.Accepted, Rejected: row.Rejected}
		answers[i].Class, answers[i].Probabilities = softmax(logits[i*mnist.Classes:][:mnist.Classes])
	}
	for _, s := range sol.Steps {
		a := &answers[s.Row]
		a.Trace = append(a.Trace, attempt{T: s.T, H: s.H, E: representable(s.E), S: representable(s.S), Accepted: s.Accepted})
	}
	return answers, nil
}

// representable returns a number that JSON has, the largest for those that it has not.
func representable(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return math.MaxFloat64
	}
	return x
}

// softmax returns the probabilities of classes and the most probable one.
func softmax(logits []float64) (class int, p []float64) {
	p = make([]float64, len(logits))
	for i, x := range logits {
		if cmp.Compare(x, logits[class]) > 0 {
			class = i
		}
	}
	sum := 0.0
	for i, x := range logits {
		p[i] = math.Exp(x - logits[class])
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return class, p
}

// samples returns n images of the test set in the binary.
func samples(n int) ([][]float64, error) {
	_, test, err := mnist.Embedded()
	if err != nil {
		return nil, err
	}
	images := make([][]float64, n)
	for i := range images {
		images[i] = make([]float64, mnist.Pixels)
		if err := mnist.Fill(test, []int{i}, images[i], nil); err != nil {
			return nil, err
		}
	}
	return images, nil
}
