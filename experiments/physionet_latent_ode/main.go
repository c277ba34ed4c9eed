// Physionet_latent_ode trains the paper's latent ODE on records of intensive
// care (section 4.1.2, Table 2 and Figure 4 of Pal et al., 2021) with and without
// the regularization of the solver's estimates of error and stiffness, and
// compares the error of interpolation, function evaluations, and training and
// prediction time.
//
//	go run ./experiments/physionet_latent_ode
//
// takes less than two minutes of processor time and needs no download: it trains on
// 320 patients in the binary. The full experiment is
//
//	go run ./experiments/physionet_latent_ode -data DIR -preset paper
//
// with DIR the folder of set-a and set-b of the PhysioNet/Computing in Cardiology
// Challenge 2012. Run with -help for all flags.
//
// Where the paper's text and the official code differ, this is what the code does:
//
//   - The recognition network has a state of 50 + 50, not 40, and the dynamics
//     eight layers of 50 and 20 units in turn, not four. Those of the text are
//     there with -arch paper.
//   - R_E and R_S are the mean and the maximum over the steps, or two means if
//     both are in the loss. The text has sums.
//   - The weight of R_S is ten times that of the text.
//   - The KL divergence is averaged over the latent dimensions, and its weight is
//     0 in the first eleven epochs, see losses.PhysioNetKL.
//   - The inverse decay is applied to gradients, whose scale is nothing to AdaMax.
//   - STEER draws each time within half of the interval before it, to both sides,
//     see losses.SaveTimes, and the recognition network reads the gaps between the
//     times drawn. Here these are the regular ones in evaluation; the code's script
//     has drawn ones there, too.
package main

import (
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// weights are those of the official code. The paper's coefficient of the stiffness,
// 0.285, is a tenth of the code's.
var weights = model.OfficialWeights(1000, 10)

var parts = trainer.ODEParts(trainer.Steer)

var experiment = trainer.Experiment{
	Name:    "physionet_latent_ode",
	Summary: "Train the paper's latent ODE on PhysioNet 2012, vanilla and regularized (Table 2).",
	// Small batches make the most iterations of few patients. In float64 the error
	// estimate at this tolerance is free of rounding noise.
	Quick: trainer.Config{
		Epochs: 60, Batch: 32, LearnRate: 0.01, Tol: 1.4e-8, Method: "tsit5",
		SteerB: 0.5, Dtype: "float64", PerVariant: trainer.PerVariant(parts, weights),
		TaylorOrder: 2, CommonWeights: trainer.CommonWeights{LambdaTaylor: 0.01},
	},
	Paper: trainer.Config{
		Epochs: paper.Table2.Epochs, Batch: 512, LearnRate: 0.01, Tol: 1.4e-8, Method: "tsit5",
		SteerB: 0.5, PerVariant: trainer.PerVariant(parts, weights),
		TaylorOrder: 2, CommonWeights: trainer.CommonWeights{LambdaTaylor: 0.01},
		Variants: []trainer.Variant{
			"vanilla", "steer", "srnode", "ernode", "steer+srnode", "steer+ernode", "srnode+ernode",
		},
	},
	Parts:       parts,
	Default:     []trainer.Variant{"vanilla", "srnode"},
	Options:     []trainer.Option{architecture},
	Data:        "set-a and set-b of PhysioNet 2012",
	Subset:      true,
	DropLast:    true,
	Loss:        "squared error (thousandths)",
	Methods:     model.ExplicitMethods(),
	CheckMethod: model.CheckExplicitMethod,
	Check:       check,
	New:         newModel,
	Fit:         fit,
	Reference:   paper.Table2.Reference(),
}

func main() { trainer.Main(experiment) }
