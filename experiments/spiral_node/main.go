// Spiral_node fits a neural ODE to a spiral (Figure 2 of Pal et al., 2021),
// with and without the regularization of the solver's estimates of error and
// stiffness, and draws the fits over the data.
//
//	go run ./experiments/spiral_node
//
// takes less than a minute and needs no data. The paper does not publish its
// configuration; this one is the spiral of the SciML tutorials, and the weights
// of the regularizers are ours. Run with -help for all flags.
package main

import (
	"slices"

	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

var config = trainer.Config{
	Epochs: paper.Figure2.Epochs, Batch: 1, LearnRate: 0.02, Tol: 1.4e-8, Method: "tsit5", Dtype: "float64",
	Weights: trainer.Weights{LambdaError: 1, LambdaStiff: 1e-4},
}

var experiment = trainer.Experiment{
	Name:        "spiral_node",
	Summary:     "Fit a neural ODE to a spiral, vanilla and regularized (Figure 2).",
	Quick:       config,
	Paper:       config,
	Parts:       slices.DeleteFunc(trainer.ODEParts(), needsIntegrand),
	Default:     []trainer.Variant{"vanilla", "srnode+ernode"},
	Unused:      []string{"batch", "limit"}, // there is one trajectory
	Loss:        "sum of squared errors",
	Methods:     model.Methods(),
	Indivisible: "there is one trajectory",
	CheckMethod: model.CheckMethod,
	Check:       model.CheckODE,
	New:         newModel,
	Fit:         fit,
	Reference:   paper.Figure2.Reference(),
}

// needsIntegrand reports whether the dynamics would need an integrand for a part.
func needsIntegrand(part string) bool { return part == trainer.TayNODE }

func main() { trainer.Main(experiment) }
