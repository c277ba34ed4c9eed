// Mnist_nsde trains the paper's MNIST neural SDE (section 4.2.2, Table 4 and
// Figure 6 of Pal et al., 2021) with and without the regularization of the
// solver's estimates of error and stiffness, and compares accuracy, function
// evaluations, and training and prediction time.
//
//	go run ./experiments/mnist_nsde
//
// takes about two minutes on two cores and needs no download: it trains on a
// subset of MNIST in the binary. The full experiment is
//
//	go run ./experiments/mnist_nsde -data DIR -preset paper
//
// with DIR the folder of the four MNIST files. Run with -help for all flags.
package main

import (
	"github.com/regnde/regnde/experiments/internal/digits"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// weights are the coefficients that the paper prints, constant, of means over the
// steps. The official code divides that of the stiffness regularizer by the length of
// a stability interval, 10.6 of SOSRI2, with which the paper's evaluations are not met.
var weights = trainer.Weights{LambdaError: 10, LambdaStiff: 0.1}

var experiment = trainer.Experiment{
	Name:    "mnist_nsde",
	Summary: "Train the paper's MNIST neural SDE, vanilla and regularized (Table 4).",
	Quick: trainer.Config{
		Epochs: 12, Batch: 100, LearnRate: 0.01, Tol: 0.14, Method: "sosri", Methods: model.SDEMethods, Weights: weights,
	},
	Paper: trainer.Config{
		Epochs: paper.Table4.Epochs, Batch: 512, LearnRate: 0.01, Tol: 0.14, Method: "sosri", Methods: model.SDEMethods, Weights: weights,
		Variants: []trainer.Variant{"vanilla", "srnsde", "ernsde"},
	},
	Parts:       trainer.SDEParts(),
	Default:     []trainer.Variant{"vanilla", "ernsde"},
	Data:        "the four MNIST files",
	Subset:      true,
	Classes:     true,
	Loss:        "cross entropy",
	Unused:      []string{"estimate"}, // it is of methods for an ODE
	Methods:     model.AdaptiveSDEMethods(),
	CheckMethod: model.CheckSDEMethod,
	Check:       check,
	New:         newModel,
	Reference:   paper.Table4.Reference(),
	Options:     []trainer.Option{digits.Images},
}

func main() { trainer.Main(experiment) }
