package trainer

import (
	"fmt"
	"strings"

	"github.com/regnde/regnde/integrators"
)

// Regularizer is a penalty that variants can have: everything that flags, logs,
// tables and objectives have to know of it.
type Regularizer struct {
	Symbol string // in text, for example "R_E"
	Term   integrators.RegularizedTerm

	part  string // beginning of the part of variants that have it: ernode and ernsde
	flag  string // flag of its weight
	usage string
	key   string // in results.json and in the log

	// Value is the field of an iteration or an epoch, Weight that of a configuration.
	Value  func(*Regularization) *float64
	Weight func(*Config) *float64
}

// Regularizers lists all of them, in the order of the log.
var Regularizers = []Regularizer{
	{
		Symbol: "R_E", Term: integrators.Error, part: "er", key: "reg_error",
		flag: "lambda-error", usage: "`weight` of the error regularizer R_E",
		Value:  func(r *Regularization) *float64 { return &r.RegError },
		Weight: func(c *Config) *float64 { return &c.LambdaError },
	},
	{
		Symbol: "R_S", Term: integrators.Stiffness, part: "sr", key: "reg_stiff",
		flag: "lambda-stiff", usage: "`weight` of the stiffness regularizer R_S",
		Value:  func(r *Regularization) *float64 { return &r.RegStiff },
		Weight: func(c *Config) *float64 { return &c.LambdaStiff },
	},
	{
		Symbol: "R_K", Term: integrators.Integral, part: "tay", key: "reg_taylor",
		flag: "lambda-taylor", usage: "`weight` of the Taylor regularizer R_K",
		Value:  func(r *Regularization) *float64 { return &r.RegTaylor },
		Weight: func(c *Config) *float64 { return &c.LambdaTaylor },
	},
	{
		Symbol: "R_F", Term: integrators.KineticEnergy, part: "kin", key: "reg_kinetic",
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

	RegKinetic float64 `json:"reg_kinetic,omitempty"`
}

// Weights are the coefficients of the regularizers that differ from variant to
// variant.
type Weights struct {
	LambdaError      float64 `json:"lambda_error"`       // λ_E of R_E in the first epoch
	LambdaErrorDecay float64 `json:"lambda_error_decay"` // factor on λ_E over all epochs, default 1
	LambdaStiff      float64 `json:"lambda_stiff"`       // λ_S of R_S
	LambdaKinetic    float64 `json:"lambda_kinetic,omitempty"`
}

// PerVariant returns the weights of all variants that can be made of the parts, but
// for those without any.
func PerVariant(parts []string, weights func(Variant) Weights) map[Variant]Weights {
	all := map[Variant]Weights{}
	for set := range 1 << (len(parts) - 1) { // the first part stands alone
		var names []string
		for i, part := range parts[1:] {
			if set>>i&1 == 1 {
				names = append(names, part)
			}
		}
		v := Variant(strings.Join(names, "+"))
		if w := weights(v); w != (Weights{}) {
			all[v] = w
		}
	}
	return all
}

// regularizerKeys are the keys of all regularizers.
func regularizerKeys() []string {
	var keys []string
	for _, r := range Regularizers {
		keys = append(keys, r.key)
	}
	return keys
}

// In reports whether a variant has the regularizer in its objective.
func (r Regularizer) In(v Variant) bool { return anyPart(v.Parts(), r.part) }

// add adds the regularizers of another iteration.
func (r *Regularization) add(s Regularization) {
	for _, reg := range Regularizers {
		*reg.Value(r) += *reg.Value(&s)
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
		if x := *reg.Value(&r); x != 0 || reg.Term == integrators.Error || reg.Term == integrators.Stiffness {
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
