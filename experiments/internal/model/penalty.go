package model

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/losses"
)

// Penalty is a regularizer in the objective, and its weight in an iteration.
type Penalty struct {
	integrators.Regularizer
	Weight func(it trainer.Iteration) float64
}

// Penalties are those of a variant.
type Penalties []Penalty

// Aggregations say how the estimates of the steps are put together, where they are
// penalized and where they are reported.
type Aggregations struct{ Errors, Stiffness integrators.Aggregation }

// Official returns the aggregations of the official code for neural ODEs: the mean
// of E_j|h_j|, and the largest S_j or, where both are penalized, its mean.
func Official(v trainer.Variant) Aggregations {
	a := Aggregations{integrators.Mean, integrators.Max}
	if errorRegularizer.In(v) {
		a.Stiffness = integrators.Mean
	}
	return a
}

// errorRegularizer is R_E, whose weight is annealed.
var errorRegularizer = trainer.Regularizers[0]

// PenaltiesOf returns the penalties of a variant with the weights of a
// configuration, that on the errors annealed over its epochs.
func PenaltiesOf(cfg trainer.Config, v trainer.Variant, a Aggregations) Penalties {
	var p Penalties
	for _, r := range trainer.Regularizers {
		if !r.In(v) {
			continue
		}
		q := Penalty{Regularizer: integrators.Regularizer{Term: r.Term, Aggregation: a.of(r.Term)}}
		if q.Weight = constant(*r.Weight(&cfg)); r.Term == integrators.Error {
			q.Weight = annealed(cfg)
		}
		p = append(p, q)
	}
	return p
}

// of returns the aggregation of a term; integrals are sums.
func (a Aggregations) of(t integrators.RegularizedTerm) integrators.Aggregation {
	switch t {
	case integrators.Error:
		return a.Errors
	case integrators.Stiffness:
		return a.Stiffness
	}
	return integrators.Sum
}

func constant(weight float64) func(trainer.Iteration) float64 {
	return func(trainer.Iteration) float64 { return weight }
}

// annealed is the weight of the errors, annealed as the configuration says, and
// constant from there.
func annealed(cfg trainer.Config) func(trainer.Iteration) float64 {
	n := cfg.Schedule()
	a := losses.Annealing{First: cfg.LambdaError, Last: cfg.LambdaError * cfg.LambdaErrorDecay, Epochs: n}
	return func(it trainer.Iteration) float64 { return a.At(min(it.Epoch, n+1)) }
}

// CheckTaylor returns an error for an order that the regularizer R_K cannot have.
func CheckTaylor(cfg trainer.Config) error {
	if cfg.TaylorOrder < 1 {
		return errors.Errorf("-taylor-order is %d, expected at least 1", cfg.TaylorOrder)
	}
	return nil
}

// add returns the task's loss with the weighted penalties added. Weights are inputs
// of the objective, so that annealing them needs no new graph.
func (p Penalties) add(s *graph.Scope, loss *gorgonia.Node, weights gorgonia.Nodes) (*gorgonia.Node, error) {
	for i, q := range p {
		var err error
		if loss, err = losses.Penalized(s, loss, q.Regularizer, weights[i]); err != nil {
			return nil, err
		}
	}
	return loss, nil
}

// observe fills in what the solver did in an iteration: the estimates of its steps
// in the aggregations of the model, also those that are not penalized, and the
// penalties that are computed in the graph alone.
func (m *Model) observe(r *trainer.Result) {
	sol := m.Solver.Last()
	r.NFE, r.Accepted, r.Rejected = sol.NFE, sol.Accepted, sol.Rejected
	var e, s []float64
	for _, step := range sol.Steps {
		if step.Accepted {
			e = append(e, step.E*math.Abs(step.H))
			s = append(s, step.S)
		}
	}
	for _, reg := range trainer.Regularizers {
		switch {
		case reg.Term == integrators.Error:
			*reg.Value(&r.Regularization) = aggregate(m.Aggregations.Errors, 0, e)
		case reg.Term == integrators.Stiffness && sol.MaxStiffness > 0: // else the method estimates none
			*reg.Value(&r.Regularization) = aggregate(m.Aggregations.Stiffness, 1, s)
		case reg.Term != integrators.Stiffness && reg.In(m.Variant):
			sum := m.Recorded(integrators.Regularizer{Term: reg.Term})
			*reg.Value(&r.Regularization) = value.Scalar(sum)
		}
	}
}

// aggregate is what integrators.Regularizer adds to a graph: mean and maximum
// count an initial entry.
func aggregate(a integrators.Aggregation, initial float64, terms []float64) float64 {
	if a == integrators.Sum {
		initial = 0
	}
	y := initial
	for _, x := range terms {
		if a == integrators.Max {
			y = max(y, x)
		} else {
			y += x
		}
	}
	if a == integrators.Mean {
		y /= float64(len(terms) + 1)
	}
	return y
}
