package layers_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// An augmented neural ODE learns to tell a disc from the ring around it.
func Example_trainingLoop() {
	const batch, epochs, patience, warmUp = 40, 60, 10, 10 // of which warmUp is in steps
	rng := rand.New(rand.NewPCG(1, 0))

	// Points with radii in [0, 1) are of class 0, those in [2, 3) of class 1.
	points, classes := make([]float64, 2*240), make([]float64, 240)
	for i := range classes {
		classes[i] = float64(i % 2)
		radius, angle := rng.Float64()+2*classes[i], 2*math.Pi*rng.Float64()
		points[2*i], points[2*i+1] = radius*math.Cos(angle), radius*math.Sin(angle)
	}

	params := graph.NewParams(tensor.Float64)
	field := layers.Chain{
		must(layers.NewDense(params, "hidden", 3, 16, layers.Tanh, rng)),
		must(layers.NewDense(params, "slope", 16, 3, layers.Identity, rng)),
	}
	node := must(layers.NewNeuralODE(params, field, 0, 1, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-3, RelTol: 1e-3}))
	model := layers.Chain{layers.Augment(1), node, must(layers.NewDense(params, "logits", 3, 2, layers.Identity, rng))}

	criterion := func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		return losses.CrossEntropy(gorgonia.Must(model.Forward(s, in[0])), in[1])
	}
	objective := must(graph.NewObjective(params, criterion, nil))
	validation := must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		return gorgonia.Nodes{gorgonia.Must(criterion(s, in))}, nil
	}, nil))
	x := tensor.New(tensor.WithShape(batch, 2), tensor.Of(tensor.Float64))
	y := tensor.New(tensor.WithShape(batch), tensor.Of(tensor.Float64))
	fill := func(idx []int) {
		for row, i := range idx {
			copy(x.Float64s()[2*row:], points[2*i:2*i+2])
			y.Float64s()[row] = classes[i]
		}
	}

	// The last batch is for validation, and never trained on.
	const train = 200
	batches := must(datasets.NewBatches(train, batch, true, 1))
	solver := must(optim.New(optim.Adam{}, &optim.Settings{
		LearnRate:      0.03,
		Schedule:       optim.WarmUp{Steps: warmUp, Then: optim.Cosine{Steps: epochs*batches.Len() - warmUp}},
		Clip:           1,
		DecoupledDecay: 0.01, // which makes it AdamW
	}))
	best, kept, worse := math.Inf(1), params.Float64s(), 0
	for epoch := 0; epoch < epochs && worse < patience; epoch++ {
		for _, idx := range batches.Epoch(epoch) {
			fill(idx)
			if _, err := objective.Evaluate(x, y); err != nil {
				log.Fatal(err)
			}
			if err := solver.Step([]gorgonia.ValueGrad{params}); err != nil {
				log.Fatal(err)
			}
		}
		fill(datasets.Indices(train, train+batch))
		loss := value.Scalar(must(validation.Predict(context.Background(), x, y))[0])
		if worse++; loss < best {
			best, kept, worse = loss, params.Float64s(), 0
		}
	}
	params.SetFloat64s(kept)

	fill(datasets.Indices(train, train+batch))
	loss := value.Scalar(must(validation.Predict(context.Background(), x, y))[0])
	fmt.Println("the best weights are back:", loss == best)
	fmt.Println("cross entropy of what was not trained on is below 0.1:", loss < 0.1)
	// Output:
	// the best weights are back: true
	// cross entropy of what was not trained on is below 0.1: true
}
