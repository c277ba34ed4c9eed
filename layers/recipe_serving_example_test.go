package layers_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// One predictor serves many goroutines, while its model is trained on.
func Example_serving() {
	rng, params := rand.New(rand.NewPCG(1, 0)), graph.NewParams(tensor.Float64)
	field := layers.Chain{
		must(layers.NewDense(params, "hidden", 2, 8, layers.Tanh, rng)),
		must(layers.NewDense(params, "slope", 8, 2, layers.Identity, rng)),
	}
	node := must(layers.NewNeuralODE(params, field, 0, 1, integrators.Tsit5, nil))
	predictor := must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		z, err := node.Forward(s, in[0])
		return gorgonia.Nodes{z}, err
	}, nil))
	if err := predictor.Snapshot(); err != nil { // from here on, training changes no answer
		fmt.Println(err)
	}

	// serve answers one request, a batch of any size.
	serve := func(ctx context.Context, x gorgonia.Value) ([]float64, graph.Report, error) {
		var report graph.Report
		out, err := predictor.With(graph.CallSettings{
			TimeLimit: time.Minute, MaxEvaluations: 10_000, Report: &report,
		}).Predict(ctx, x)
		if err != nil {
			return nil, report, err
		}
		return value.Float64s(out[0]), report, nil
	}

	request := func(i int) gorgonia.Value {
		rows := 1 + i%3
		x := make([]float64, 2*rows)
		x[0] = float64(i)
		return tensor.New(tensor.WithShape(rows, 2), tensor.WithBacking(x))
	}
	answers := make([][]float64, 60)
	var callers sync.WaitGroup
	for i := range answers {
		callers.Go(func() { answers[i], _, _ = serve(context.Background(), request(i)) })
	}
	callers.Wait()
	same := 0
	for i, a := range answers {
		if alone, _, err := serve(context.Background(), request(i)); err == nil && fmt.Sprint(alone) == fmt.Sprint(a) {
			same++
		}
	}
	fmt.Println(same, "of 60 answers are those of one caller alone")

	// What a call may cost is bounded, and a failure says how far it came.
	_, err := predictor.With(graph.CallSettings{MaxEvaluations: 5}).Predict(context.Background(), request(0))
	var failure *integrators.Failure
	fmt.Println(errors.Is(err, integrators.ErrMaxEvaluations), errors.As(err, &failure) && failure.Stats.NFE <= 5)
	// Output:
	// 60 of 60 answers are those of one caller alone
	// true true
}
