// Mnist_node trains the paper's MNIST neural ODE (section 4.1.1, Table 1 of Pal
// et al., 2021) with and without the regularization of the solver's estimates
// of error and stiffness, and compares accuracy, function evaluations, and
// training and prediction time.
//
//	go run ./experiments/mnist_node
//
// takes about two minutes on two cores and needs no download: it trains on a
// subset of MNIST in the binary. The full experiment is
//
//	go run ./experiments/mnist_node -data DIR -preset paper \
//		-variants vanilla,ernode,srnode,srnode+ernode,steer,steer+ernode,steer+srnode,taynode
//
// with DIR the folder of the four MNIST files. Run with -help for all flags.
package main

import (
	"github.com/regnde/regnde/experiments/internal/digits"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// weights are those of the official code.
var weights = model.OfficialWeights(100, 0.1)

var parts = trainer.ODEParts(trainer.Steer)

var experiment = trainer.Experiment{
	Name:    "mnist_node",
	Summary: "Train the paper's MNIST neural ODE, vanilla and regularized (Table 1).",
	// In float64 the error estimate at this tolerance is free of rounding noise,
	// and a few hundred iterations with the paper's weights are enough to show
	// what the regularizer does. With the paper's weight of R_K, they are not: it
	// is larger here.
	Quick: trainer.Config{
		Epochs: 12, Batch: 100, LearnRate: 0.1, Tol: 1.4e-8, Method: "tsit5",
		SteerB: 0.5, Dtype: "float64", PerVariant: trainer.PerVariant(parts, weights),
		TaylorOrder: 3, CommonWeights: trainer.CommonWeights{LambdaTaylor: 1},
	},
	// The official code sums error estimates in the float32 of its states. At this
	// tolerance that rounding bounds what the regularizer can do.
	Paper: trainer.Config{
		Epochs: paper.Table1.Epochs, Batch: 512, LearnRate: 0.1, Tol: 1.4e-8, Method: "tsit5", Estimate: "state",
		SteerB: 0.5, PerVariant: trainer.PerVariant(parts, weights),
		TaylorOrder: 3, CommonWeights: trainer.CommonWeights{LambdaTaylor: 3.02e-3}, Batches: map[string]int{trainer.TayNODE: 100},
	},
	Parts:       parts,
	Default:     []trainer.Variant{"vanilla", "ernode"},
	Data:        "the four MNIST files",
	Subset:      true,
	Classes:     true,
	Loss:        "cross entropy",
	Methods:     model.ExplicitMethods(),
	CheckMethod: model.CheckExplicitMethod,
	Check:       check,
	New:         newModel,
	Reference:   paper.Table1.Reference(),
	Options:     []trainer.Option{digits.Images},
}

func main() { trainer.Main(experiment) }
