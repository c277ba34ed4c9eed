package layers_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// Three series of a decaying rotation, each with times of its own, and of another
// length. The dynamics z' = z·A + b are found from them.
func Example_irregularSeries() {
	series := []struct {
		radius float64
		times  []float64
	}{
		{1, []float64{0.3, 0.9, 1, 1.8, 2.6}},
		{2, []float64{0.5, 1}},
		{0.5, []float64{0.1, 1.4, 2.2, 3}},
	}
	exact := func(radius, t float64) []float64 {
		r := radius * math.Exp(-0.2*t)
		return []float64{r * math.Cos(t), r * math.Sin(t)}
	}

	// The solution is saved at the times of all series.
	var times []float64
	for _, s := range series {
		times = append(times, s.times...)
	}
	slices.Sort(times)
	times = slices.Compact(times)

	// Row k·batch + i is series i at the k-th time. Where it has no value, the mask is
	// 0 and the data can be anything.
	batch := len(series)
	start := tensor.New(tensor.WithShape(batch, 2), tensor.Of(tensor.Float64))
	data := tensor.New(tensor.WithShape(len(times)*batch, 2), tensor.Of(tensor.Float64))
	mask := tensor.New(tensor.WithShape(len(times)*batch, 2), tensor.Of(tensor.Float64))
	for i, s := range series {
		copy(start.Float64s()[2*i:], exact(s.radius, 0))
		for _, t := range s.times {
			row := 2 * (slices.Index(times, t)*batch + i)
			copy(data.Float64s()[row:], exact(s.radius, t))
			copy(mask.Float64s()[row:], []float64{1, 1})
		}
	}

	params := graph.NewParams(tensor.Float64)
	field := must(layers.NewDense(params, "field", 2, 2, layers.Identity, rand.New(rand.NewPCG(1, 0))))
	node := must(layers.NewNeuralODE(params, field, 0, times[len(times)-1], integrators.Tsit5, &integrators.Settings{SaveAt: times}))
	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, err := node.Forward(s, in[0])
		if err != nil {
			return nil, err
		}
		return losses.MaskedSquaredError(z, in[1], in[2], batch)
	}, nil))
	solver := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.05}))
	for range 300 {
		if _, err := objective.Evaluate(start, data, mask); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step([]gorgonia.ValueGrad{params}); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("A: %.1f\n", params.Float64s()[:4])
	// Output:
	// A: [-0.2 1.0 -1.0 -0.2]
}
