package model

import (
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/integrators"
)

// OfficialWeights returns those of the official code for neural ODEs: of the error
// term alone a weight that is annealed to its tenth, of the stiffness alone a
// constant one, and the same two in all experiments where both are regularized. The
// stiffness is divided by the length of Tsit5's stability interval.
func OfficialWeights(errors, stiffness float64) func(trainer.Variant) trainer.Weights {
	length := integrators.Tsit5.StabilitySize
	return func(v trainer.Variant) trainer.Weights {
		switch {
		case v.Has(trainer.ERNODE) && v.Has(trainer.SRNODE):
			return trainer.Weights{LambdaError: 10, LambdaStiff: 1 / length}
		case v.Has(trainer.ERNODE):
			return trainer.Weights{LambdaError: errors, LambdaErrorDecay: 0.1}
		case v.Has(trainer.SRNODE):
			return trainer.Weights{LambdaStiff: stiffness / length}
		}
		return trainer.Weights{}
	}
}

// Official returns the aggregations of the official code for neural ODEs: the mean
// of E_j|h_j|, and the largest S_j or, where both are penalized, its mean.
func Official(v trainer.Variant) Aggregations {
	a := Aggregations{integrators.Mean, integrators.Max}
	if v.Has(trainer.ERNODE) {
		a.Stiffness = integrators.Mean
	}
	return a
}
