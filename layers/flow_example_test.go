package layers_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets/density"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// A continuous normalizing flow learns eight Gaussians from points, with the penalties
// of Finlay et al., tells the density of new points, and draws some of its own.
func Example_flow() {
	rng := rand.New(rand.NewPCG(1, 0))
	params := graph.NewParams(tensor.Float64)
	dynamics := layers.Chain{
		must(layers.NewConcatSquash(params, "first", 2, 32, layers.Tanh, rng)),
		must(layers.NewConcatSquash(params, "second", 32, 32, layers.Tanh, rng)),
		must(layers.NewConcatSquash(params, "third", 32, 2, layers.Identity, rng)),
	}
	flow := must(layers.NewCNF(params, dynamics, 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{
		Estimator: layers.Rademacher,
		Penalties: []layers.FlowPenalty{layers.KineticPenalty, layers.JacobianPenalty},
		Solver:    &integrators.Settings{AbsTol: 1e-4, RelTol: 1e-4},
	}))
	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, delta, err := flow.Split(gorgonia.Must(flow.Forward(s, in[0])))
		if err != nil {
			return nil, err
		}
		loss := gorgonia.Must(losses.NegativeLogLikelihood(z, delta))
		for i := range 2 { // the kinetic and the Jacobian penalty
			penalty := integrators.Regularizer{Term: integrators.Integral, Index: i}
			loss = gorgonia.Must(losses.Penalized(s, loss, penalty, in[1]))
		}
		return loss, nil
	}, nil))

	set := must(density.Named("8gaussians"))
	points := func(n int) *tensor.Dense {
		return tensor.New(tensor.WithShape(n, 2), tensor.WithBacking(set.Sample(n, rng)))
	}
	solver := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 5e-3}))
	for i := range 200 {
		flow.SetSeed(uint64(i)) // new probes
		if _, err := objective.Evaluate(points(128), gorgonia.NewF64(1e-3)); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step([]gorgonia.ValueGrad{params}); err != nil {
			log.Fatal(err)
		}
	}

	logs := must(flow.LogDensity(points(2000)))
	fmt.Printf("negative log-likelihood below 3.5, of at least %.2f: %v\n", set.Entropy, -stat.Mean(logs, nil) < 3.5)
	latent := tensor.New(tensor.WithShape(500, 2), tensor.WithBacking(normals(rng, 1000)))
	drawn := must(flow.Sample(latent))
	fmt.Println("samples within the picture:", slices.Max(value.Float64s(drawn)) < 8)
	// Output:
	// negative log-likelihood below 3.5, of at least 2.83: true
	// samples within the picture: true
}
