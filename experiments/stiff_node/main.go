// Stiff_node learns the kinetics of Robertson, the standard example of a stiff equation,
// through an implicit method: either the three rates of known reactions or a neural
// right-hand side, from 50 observations of one trajectory over [10⁻⁵, 10⁵] seconds,
// evenly spaced in log t. Variants regularize the solver's estimates of error and
// stiffness, as in Pal et al. (2021).
//
//	go run ./experiments/stiff_node
//
// takes less than two minutes and needs no data: the observations are a tight solution
// of the true kinetics, with the noise of -noise. After training, every model is solved
// with an explicit method as well, which gives up after some number of steps, and with
// one that switches, to see whether regularized stiffness lets the first survive. The
// rates, with their noise, are
//
//	go run ./experiments/stiff_node -problem robertson-rates -noise 0.01
//
// What learning stiff equations needs is proper scaling: Kim, Ji, Deng and Rackauckas,
// "Stiff neural ordinary differential equations", Chaos 31 (2021). As there, the loss
// compares concentrations in units of their ranges, which are 1, 4·10⁻⁵ and 1 (squared
// errors here, absolute ones there). Here these are the units of the state as well, so
// that one tolerance is right for all species. There the outputs of the network are multiplied by range/10⁵ s, which leaves
// five decades of rates for training to find; here they are logarithms of rates of
// production and of loss, see robertson.Network. Rates of known reactions are learnt as logarithms.
// The solver's time is the logarithm of the time, see clock: regularized in seconds,
// stiffness is paid for where it does no harm. -clock seconds is the equation as it is.
//
// The command
//
//	go run ./experiments/stiff_node work-precision
//
// compares methods on a stiff problem, by default the oscillator of van der Pol: their
// errors against evaluations and against time, as a table and a figure.
//
// Run with -help for all flags, also after work-precision.
package main

import (
	"os"
	"slices"

	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

var config = trainer.Config{
	Epochs: 150, Batch: 1, LearnRate: 0.01, Tol: 1e-5, Method: "rodas5p", Dtype: "float64",
	Weights: trainer.Weights{LambdaError: 1e-3, LambdaStiff: 1e-5},
	Params:  map[string]float64{explicitAttempts: 50_000},
}

var experiment = trainer.Experiment{
	Name:        "stiff_node",
	Summary:     "Learn stiff kinetics, vanilla and regularized. " + precisionCommand + " as the first argument compares methods in place of it.",
	Quick:       config,
	Paper:       thorough(config),
	Parts:       slices.DeleteFunc(trainer.ODEParts(), isIntegrated),
	Default:     []trainer.Variant{"vanilla", "srnode"},
	Options:     []trainer.Option{problem, noise, clockOption},
	Unused:      []string{"batch", "limit"}, // there is one trajectory
	Loss:        "mean squared error",
	Methods:     model.Methods(),
	Indivisible: "there is one trajectory",
	CheckMethod: model.CheckMethod,
	Check:       model.CheckODE,
	New:         newModel,
	Fit:         fit,
}

// thorough is the configuration of all variants over three seeds, with twice the
// training.
func thorough(c trainer.Config) trainer.Config {
	c.Epochs *= 2
	c.Seeds = []uint64{1, 2, 3}
	c.Variants = []trainer.Variant{"vanilla", "srnode", "ernode", "srnode+ernode"}
	return c
}

// isIntegrated reports whether a part of a variant is an integral over the slopes of a
// step, which implicit methods do not have.
func isIntegrated(part string) bool { return part == trainer.TayNODE || part == trainer.Kinetic }

func main() {
	if len(os.Args) > 1 && os.Args[1] == precisionCommand {
		os.Exit(comparePrecision(os.Args[2:], os.Stdout, os.Stderr))
	}
	trainer.Main(experiment)
}
