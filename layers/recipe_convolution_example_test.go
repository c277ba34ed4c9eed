package layers_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// A convolution reduces digits to four channels of 7×7 pixels, on which the
// dynamics are two convolutions, with the time as a channel of the first, and
// group normalization between them.
func Example_convolution() {
	const batch = 50
	rng, params := rand.New(rand.NewPCG(1, 0)), graph.NewParams(tensor.Float32)
	first := must(layers.NewConv(params, "first", layers.Image{Channels: 1, Height: mnist.Rows, Width: mnist.Cols}, 4, rng,
		&layers.ConvSettings{Kernel: 4, Stride: 4, Valid: true}))
	image := first.Out()
	field := layers.Chain{
		must(layers.NewConv(params, "field.1", image, 4, rng, &layers.ConvSettings{Time: true, Activation: layers.Tanh})),
		must(layers.NewGroupNorm(params, "field.norm", 4, 2)),
		must(layers.NewConv(params, "field.2", image, 4, rng, nil)),
	}
	node := must(layers.NewNeuralODE(params, field, 0, 1, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-2, RelTol: 1e-2}))
	model := layers.Chain{
		first, node, must(layers.NewDense(params, "logits", image.Size(), mnist.Classes, layers.Identity, rng)),
	}

	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		return losses.CrossEntropy(gorgonia.Must(model.Forward(s, in[0])), in[1])
	}, nil))
	predictor := must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		return gorgonia.Nodes{gorgonia.Must(model.Forward(s, in[0]))}, nil
	}, nil))

	train, test, err := mnist.Embedded()
	if err != nil {
		log.Fatal(err)
	}
	x := tensor.New(tensor.WithShape(batch, mnist.Pixels), tensor.Of(tensor.Float32))
	y := tensor.New(tensor.WithShape(batch), tensor.Of(tensor.Float32))
	solver := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.01}))
	for _, idx := range must(datasets.NewBatches(1000, batch, true, 1)).Epoch(0) {
		if err := mnist.Fill(train, idx, x.Float32s(), y.Float32s()); err != nil {
			log.Fatal(err)
		}
		if _, err := objective.Evaluate(x, y); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step([]gorgonia.ValueGrad{params}); err != nil {
			log.Fatal(err)
		}
	}

	idx := datasets.Indices(0, batch)
	if err := mnist.Fill(test, idx, x.Float32s(), nil); err != nil {
		log.Fatal(err)
	}
	correct := must(layers.Correct(must(predictor.Predict(context.Background(), x))[0], test.Labels[:batch]))
	fmt.Println("most of the digits are right after twenty batches:", correct > batch/2)
	// Output:
	// most of the digits are right after twenty batches: true
}
