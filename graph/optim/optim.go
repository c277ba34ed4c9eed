// Package optim holds the first-order optimizers of "Opening the Blackbox"
// (Pal et al., ICML 2021) as Gorgonia solvers.
//
// An optimizer is a Rule (Momentum, Adam, AdaMax, AdaBelief or one of your own)
// driven by a Solver, which holds what all rules share: the learning rate and its
// schedule, clipping, weight decay, decoupled or not, and inverse decay.
//
//	solver, err := optim.New(optim.AdaMax{}, &optim.Settings{
//		LearnRate:    0.01,
//		InverseDecay: 1e-5,
//	})
//	…
//	err = solver.Step(gorgonia.NodesToValueGrads(params))
//
// Step n = 1, 2, … takes the gradient g of every parameter x through
//
//	clip           g ← g·min(1, Clip/‖g‖), ‖g‖ the 2-norm over all parameters
//	weight decay   g ← g + WeightDecay·x
//	inverse decay  g ← g/(1 + InverseDecay·n)
//	rule           Δ ← rule(g)
//	update         x ← x - Δ - η·DecoupledDecay·x
//
// in this order, with the learning rate η = LearnRate·Schedule.Factor(n). Adam
// with DecoupledDecay is AdamW of Loshchilov and Hutter, "Decoupled weight decay
// regularization", ICLR 2019, with η as in PyTorch:
//
//	optim.New(optim.Adam{}, &optim.Settings{
//		LearnRate:      0.003,
//		Schedule:       optim.WarmUp{Steps: 100, Then: optim.Cosine{Steps: 4900}},
//		DecoupledDecay: 0.01,
//	})
//
// The rules are those of Flux 0.11.6, which the paper's
// experiments ran on; where they differ from the literature the rule says so.
// As inverse decay scales what enters the rule, it is a learning rate schedule
// for Momentum, and has next to no effect on the other three, whose update does
// not depend on the scale of the gradient. To anneal those, set a Schedule.
//
// Unlike Gorgonia's own solvers, Step only reads the gradient: it neither
// changes nor zeroes it. It is meant for gradients that are computed anew in
// every iteration; dual values that accumulate over runs are the caller's to
// zero.
//
// All arithmetic is in float64, moments included, whatever the dtype of the
// parameters; only x is rounded to it. That is why a State restores an
// optimizer bit for bit.
package optim

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Optimizer is a Gorgonia solver whose learning rate can follow a schedule and
// whose state can be saved and restored.
type Optimizer interface {
	gorgonia.Solver

	// SetLearnRate sets the learning rate of the following steps. Zero is a
	// rate of zero; a negative or non-finite rate makes the next Step fail.
	SetLearnRate(float64)

	// State returns a copy of everything that changes from step to step.
	State() State

	// SetState goes on from a state returned by State of the same rule.
	SetState(State) error
}

var _ Optimizer = (*Solver)(nil)

// Rule turns a gradient into an update. Momentum, Adam, AdaMax and AdaBelief are
// rules, in which a zero field stands for the default beside it; any type with
// these two methods is another. Its learning rate is 0.001 by default.
type Rule interface {
	// Name identifies the rule in a State.
	Name() string

	// Update replaces the gradient in delta by the update Δ of step t = 1, 2, …
	// and advances the two state vectors m and v, which are as long as delta and
	// zero before the first step. It is called for some entries of a parameter at
	// a time, so it works entry by entry; all that a rule remembers must be in m
	// and v, or a State does not restore it.
	Update(delta, m, v []float64, rate float64, t int)
}

// stock is what the rules of this package have beside.
type stock interface {
	Rule

	// withDefaults returns the rule with its zero fields filled in, or an error
	// that names the field that is out of range.
	withDefaults() (Rule, error)

	defaultLearnRate() float64

	// secondMoment reports whether the rule keeps a second state vector, which is
	// never negative. Without it, v is nil.
	secondMoment() bool
}

// asStock returns r if it is a rule of this package; one that embeds such a rule is
// none.
func asStock(r Rule) (stock, bool) {
	switch r.(type) {
	case Momentum, Adam, AdaMax, AdaBelief, *Momentum, *Adam, *AdaMax, *AdaBelief:
		return r.(stock), true
	}
	return nil, false
}

var rules = []stock{Momentum{}, Adam{}, AdaMax{}, AdaBelief{}}

// fraction returns the default for zero, and an error for anything else that is
// not in (0, 1).
func fraction(rule, field string, value, dflt float64) (float64, error) {
	if value == 0 {
		return dflt, nil
	}
	if !(value > 0 && value < 1) {
		return 0, errors.Errorf("optim: %s: %s = %v, expected 0 < %[2]s < 1, or 0 for the default %[4]v", rule, field, value, dflt)
	}
	return value, nil
}
