// Latent_sde trains a latent SDE (Li, Wong, Chen and Duvenaud, Scalable gradients for
// stochastic differential equations, AISTATS 2020) on paths of the stochastic Lorenz
// attractor, with and without the regularization of the solver's estimates of error and
// stiffness (Pal et al., 2021, who have no such experiment), and draws samples of the
// posterior and of the prior over the data.
//
//	go run ./experiments/latent_sde
//
// takes about two minutes and needs no data: paths are drawn. With the sizes of the
// example of torchsde, the library of Li et al., it is
//
//	go run ./experiments/latent_sde -preset paper
//
// which takes hours. Run with -help for all flags.
//
// The loss is the negative evidence lower bound of a path, in nats; in training its
// Kullback–Leibler divergence has a weight that rises from 0 to 1 over the first
// iterations. What is reported has the weight 1.
//
// What differs from the example of torchsde:
//
//   - The context of the posterior is known at knots, and linear between them. There it
//     is piecewise constant, with a value at every observation.
//   - Steps adapt to a tolerance, SOSRI's or, with R_S, SOSRI2's. There they are those
//     of Euler's method, of fixed length.
//   - Iterations are on batches of the paths, there on all 1024 of them, and the loss is
//     also measured on paths that are not trained with.
package main

import (
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// weights are ours, of sums over the steps. Seed 1 chose them.
var weights = trainer.Weights{LambdaError: 50, LambdaStiff: 0.2}

var experiment = trainer.Experiment{
	Name:    "latent_sde",
	Summary: "Train a latent SDE on the stochastic Lorenz attractor, vanilla and regularized.",
	Quick: trainer.Config{
		Epochs: 30, Batch: 16, LearnRate: 0.03, Tol: 0.5, Method: "sosri", Methods: model.SDEMethods, Weights: weights,
		Params: map[string]float64{
			paths: 1024, testPaths: 128, observations: 40, knots: 20, hidden: 32, contextSize: 16,
			sigma: 0.05, warmUp: 300, decay: 0.999,
		},
	},
	Paper: trainer.Config{
		Epochs: 625, Batch: 128, LearnRate: 0.01, Tol: 0.5, Method: "sosri", Methods: model.SDEMethods, Weights: weights,
		Params: map[string]float64{
			paths: 1024, testPaths: 128, observations: 100, knots: 25, hidden: 128, contextSize: 64,
			sigma: 0.01, warmUp: 1000, decay: 0.997,
		},
		Seeds:    []uint64{1, 2, 3},
		Variants: []trainer.Variant{"vanilla", "srnsde", "ernsde"},
	},
	Parts:       trainer.SDEParts(),
	Default:     []trainer.Variant{"vanilla", "ernsde"},
	Loss:        "negative ELBO (nats)",
	Unused:      []string{"estimate"}, // it is of methods for an ODE
	Methods:     model.AdaptiveSDEMethods(),
	CheckMethod: model.CheckSDEMethod,
	Check:       model.CheckSDE,
	New:         newModel,
	Fit:         fit,
}

func main() { trainer.Main(experiment) }
