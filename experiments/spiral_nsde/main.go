// Spiral_nsde fits a neural SDE to the moments of a spiral SDE (section 4.2.1,
// Table 3 and Figure 5 of Pal et al., 2021), with and without the regularization
// of the solver's estimates of error and stiffness, and draws the fits over the
// data.
//
//	go run ./experiments/spiral_nsde
//
// takes less than a minute and needs no download: the moments are those that the
// authors fit to. With -data DIR they are those in DIR/moments.csv. The table of the paper, over three seeds, is
//
//	go run ./experiments/spiral_nsde -preset paper
//
// Run with -help for all flags.
package main

import (
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// config has the numbers of the official code: 250 iterations, here 25 epochs of
// 10, on 100 trajectories each; the paper gives neither the tolerance nor λ_E.
// There is no official code for the stiffness regularizer here; its weight is
// ours.
var config = trainer.Config{
	Epochs: paper.Table3.Epochs, Batch: 100, LearnRate: 0.01, Tol: 0.3, Method: "sosri", Methods: model.SDEMethods,
	Weights: trainer.Weights{LambdaError: 0.2, LambdaStiff: 1e-4},
}

// overSeeds is config over three seeds.
func overSeeds() trainer.Config {
	c := config
	c.Seeds = []uint64{1, 2, 3}
	c.Variants = []trainer.Variant{"vanilla", "srnsde", "ernsde"}
	return c
}

var experiment = trainer.Experiment{
	Name:        "spiral_nsde",
	Summary:     "Fit a neural SDE to a spiral SDE, vanilla and regularized (Table 3).",
	Quick:       config,
	Paper:       overSeeds(),
	Parts:       trainer.SDEParts(),
	Default:     []trainer.Variant{"vanilla", "ernsde"},
	Data:        "moments.csv",
	Unused:      []string{"limit", "estimate"}, // trajectories are drawn, and it is of methods for an ODE
	Loss:        "moment error",
	Indivisible: "the loss is of the moments over all of its trajectories",
	Methods:     model.AdaptiveSDEMethods(),
	CheckMethod: model.CheckSDEMethod,
	Check:       check,
	New:         newModel,
	Fit:         fit,
	Reference:   paper.Table3.Reference(),
}

func main() { trainer.Main(experiment) }
