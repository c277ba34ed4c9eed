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
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// weights are the coefficients of the official code, constant, of means over the
// steps. The stiffness regularizer is divided by 10.6, the length of SOSRI2's
// stability interval; the paper has 0.1.
var weights = trainer.Weights{LambdaError: 10, LambdaStiff: 0.1 / 10.6}

var experiment = trainer.Experiment{
	Name:    "mnist_nsde",
	Summary: "Train the paper's MNIST neural SDE, vanilla and regularized (Table 4).",
	Quick: trainer.Config{
		Epochs: 12, Batch: 100, LearnRate: 0.01, Tol: 0.14, Method: "sosri", Methods: model.SDEMethods, Weights: weights,
	},
	Paper: trainer.Config{
		Epochs: 40, Batch: 512, LearnRate: 0.01, Tol: 0.14, Method: "sosri", Methods: model.SDEMethods, Weights: weights,
		Variants: []trainer.Variant{model.Vanilla, model.SRNSDE, model.ERNSDE},
	},
	Parts:       model.SDEParts,
	Default:     []trainer.Variant{model.Vanilla, model.ERNSDE},
	Classes:     true,
	Loss:        "cross entropy",
	CheckMethod: model.CheckSDEMethod,
	Check:       model.CheckSDE,
	New:         newModel,
	Reference: &trainer.Reference{
		Title:   "Pal et al. (2021), Table 4, on other hardware",
		Columns: []string{"variant", "train accuracy", "test accuracy", "train time (h)", "prediction time (s)", "NFE"},
		Rows: [][]string{
			{"vanilla", "98.97 ± 0.11", "96.95 ± 0.11", "6.32 ± 0.19", "15.07 ± 0.93", "411.33 ± 6.11"},
			{"srnsde", "98.79 ± 0.12", "96.80 ± 0.07", "8.54 ± 0.37", "14.50 ± 0.40", "382.00 ± 4.00"},
			{"ernsde", "98.16 ± 0.11", "96.27 ± 0.35", "4.19 ± 0.04", "7.23 ± 0.14", "184.67 ± 2.31"},
		},
	},
}

func main() { trainer.Main(experiment) }
