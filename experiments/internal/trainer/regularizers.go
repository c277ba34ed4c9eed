package trainer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/regnde/regnde/integrators"
)

// The parts of which variants are made.
const (
	Vanilla  = "vanilla"  // the baseline
	Steer    = "steer"    // random times in training
	TayNODE  = "taynode"  // R_K
	Kinetic  = "kinetic"  // R_F
	Jacobian = "jacobian" // R_J
	SRNODE   = "srnode"   // R_S
	ERNODE   = "ernode"   // R_E
	SRNSDE   = "srnsde"   // R_S of a stochastic equation
	ERNSDE   = "ernsde"   // R_E of a stochastic equation
)

// Regularizer is a penalty that variants can have: all that flags, files, objectives
// and the report know of it.
type Regularizer struct {
	Symbol string                      // name in text, for example "R_E"
	Term   integrators.RegularizedTerm // what is penalized of each step

	ODE, SDE string // parts of variants that have it, of an ordinary and a stochastic equation; "" if none
	Flow     string // part of a continuous normalizing flow, default ODE

	key   string // name of the value in results.json and log.csv
	flag  string // name of the flag that sets the weight
	usage string // help on the flag

	// preset is the weight in the presets of a regularizer that was added after there
	// were results, 0 for others. A configuration without a variant that has such a
	// regularizer is what it was before.
	preset float64

	Value  func(*Regularization) *float64 // field of the value of an iteration or an epoch
	Weight func(*Config) *float64         // field of the weight in the first epoch
}

// Regularizers lists all of them in the order of the columns of log.csv.
var Regularizers = []Regularizer{
	{
		Symbol: "R_E", Term: integrators.Error, ODE: ERNODE, SDE: ERNSDE, key: "reg_error",
		flag: "lambda-error", usage: "`weight` of the error regularizer R_E",
		Value:  func(r *Regularization) *float64 { return &r.RegError },
		Weight: func(c *Config) *float64 { return &c.LambdaError },
	},
	{
		Symbol: "R_S", Term: integrators.Stiffness, ODE: SRNODE, SDE: SRNSDE, key: "reg_stiff",
		flag: "lambda-stiff", usage: "`weight` of the stiffness regularizer R_S",
		Value:  func(r *Regularization) *float64 { return &r.RegStiff },
		Weight: func(c *Config) *float64 { return &c.LambdaStiff },
	},
	{
		Symbol: "R_K", Term: integrators.Integral, ODE: TayNODE, key: "reg_taylor",
		flag: "lambda-taylor", usage: "`weight` of the Taylor regularizer R_K",
		Value:  func(r *Regularization) *float64 { return &r.RegTaylor },
		Weight: func(c *Config) *float64 { return &c.LambdaTaylor },
	},
	{ // before R_F, as kinetic+jacobian is what the two are called together
		Symbol: "R_J", Term: integrators.Integral, Flow: Jacobian, key: "reg_jacobian", preset: 0.01,
		flag: "lambda-jacobian", usage: "`weight` of the Jacobian penalty R_J",
		Value:  func(r *Regularization) *float64 { return &r.RegJacobian },
		Weight: func(c *Config) *float64 { return &c.LambdaJacobian },
	},
	{
		Symbol: "R_F", Term: integrators.KineticEnergy, ODE: Kinetic, key: "reg_kinetic", preset: 0.01,
		flag: "lambda-kinetic", usage: "`weight` of the kinetic energy R_F",
		Value:  func(r *Regularization) *float64 { return &r.RegKinetic },
		Weight: func(c *Config) *float64 { return &c.LambdaKinetic },
	},
}

// Regularization has the regularizers of an iteration before weighting, or their
// means over the iterations of an epoch. One that is not computed is 0: R_E and R_S
// are computed in all variants, others where they are part of the objective.
type Regularization struct {
	RegError  float64 `json:"reg_error"`
	RegStiff  float64 `json:"reg_stiff"`
	RegTaylor float64 `json:"reg_taylor,omitempty"`
	// RegJacobian is R_J, RegKinetic R_F.
	RegJacobian float64 `json:"reg_jacobian,omitempty"`
	RegKinetic  float64 `json:"reg_kinetic,omitempty"`
}

// Weights are the weights that can differ from variant to variant.
type Weights struct {
	LambdaError      float64 `json:"lambda_error"`       // λ_E of R_E in the first epoch
	LambdaErrorDecay float64 `json:"lambda_error_decay"` // factor on λ_E over all epochs, default 1
	LambdaStiff      float64 `json:"lambda_stiff"`       // λ_S of R_S
}

// CommonWeights are the weights that are the same in all variants.
type CommonWeights struct {
	LambdaTaylor   float64 `json:"lambda_taylor,omitempty"`   // λ_K of R_K
	LambdaJacobian float64 `json:"lambda_jacobian,omitempty"` // λ_J of R_J
	LambdaKinetic  float64 `json:"lambda_kinetic,omitempty"`  // λ_F of R_F
}

// In reports whether a variant has the regularizer in its objective.
func (r Regularizer) In(v Variant) bool {
	return slices.ContainsFunc(v.Parts(), r.is)
}

// always reports whether the regularizer is computed in all variants.
func (r Regularizer) always() bool {
	return r.Term == integrators.Error || r.Term == integrators.Stiffness
}

// is reports whether a part stands for the regularizer.
func (r Regularizer) is(part string) bool {
	return part != "" && (part == r.ODE || part == r.SDE || part == r.Flow)
}

// added reports whether a part stands for a regularizer that was added.
func added(part string) bool {
	return slices.ContainsFunc(Regularizers, func(r Regularizer) bool { return r.preset != 0 && r.is(part) })
}

// Range returns the weights in the first epoch and at the end of the annealing.
func (r Regularizer) Range(c Config) (first, last float64) {
	first = *r.Weight(&c)
	if r.Term == integrators.Error {
		return first, first * c.LambdaErrorDecay
	}
	return first, first
}

// Describe returns the weight in a configuration, or both if it is annealed.
func (r Regularizer) Describe(c Config) string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
	first, last := r.Range(c)
	if first == last {
		return number(first)
	}
	return number(first) + " to " + number(last)
}

// add adds the regularizers of another iteration, or of a part of one, times a weight.
func (r *Regularization) add(s Regularization, weight float64) {
	for _, reg := range Regularizers {
		*reg.Value(r) += weight * *reg.Value(&s)
	}
}

// over returns the regularizers divided by n.
func (r Regularization) over(n float64) Regularization {
	for _, reg := range Regularizers {
		*reg.Value(&r) /= n
	}
	return r
}

// String lists the regularizers, but for those that are 0 and need not be computed.
func (r Regularization) String() string {
	var words []string
	for _, reg := range Regularizers {
		if x := *reg.Value(&r); x != 0 || reg.always() {
			words = append(words, fmt.Sprintf("%s %.3g", reg.Symbol, x))
		}
	}
	return strings.Join(words, ", ")
}

// quantities are the regularizers by their keys.
func (r Regularization) quantities() []quantity {
	var q []quantity
	for _, reg := range Regularizers {
		q = append(q, quantity{reg.key, *reg.Value(&r)})
	}
	return q
}

// regularizerKeys are the keys of all regularizers.
func regularizerKeys() []string {
	var keys []string
	for _, q := range (Regularization{}).quantities() {
		keys = append(keys, q.name)
	}
	return keys
}
