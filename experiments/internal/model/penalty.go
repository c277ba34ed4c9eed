package model

import (
	"maps"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/losses"
)

// Penalty is a regularizer in the objective, and its weight in an iteration.
type Penalty struct {
	integrators.Regularizer
	Weight func(it trainer.Iteration) float64
}

// ErrorPenalty returns that on the local error estimates, with the weight of the
// configuration annealed over its epochs.
func ErrorPenalty(cfg trainer.Config, a ops.Aggregation) Penalty {
	return Penalty{
		Regularizer: integrators.Regularizer{Term: integrators.Error, Aggregation: a},
		Weight:      errorWeight(cfg),
	}
}

// StiffnessPenalty returns that on the stiffness estimates, with the weight of
// the configuration.
func StiffnessPenalty(cfg trainer.Config, a ops.Aggregation) Penalty {
	return Penalty{
		Regularizer: integrators.Regularizer{Term: integrators.Stiffness, Aggregation: a},
		Weight:      func(trainer.Iteration) float64 { return cfg.LambdaStiff },
	}
}

// taylor is the regularizer of TayNODE.
var taylor = integrators.Regularizer{Term: integrators.Integral}

// TaylorPenalty returns that on a derivative of the solution, with the weight of
// the configuration. The settings of the solver need an integrand.
func TaylorPenalty(cfg trainer.Config) Penalty {
	return Penalty{Regularizer: taylor, Weight: func(trainer.Iteration) float64 { return cfg.LambdaTaylor }}
}

// WithTaylor returns the weights of variants, and the same for their compositions
// with the part taynode.
func WithTaylor(weights map[trainer.Variant]trainer.Weights, taynode string, parts []string) map[trainer.Variant]trainer.Weights {
	all := maps.Clone(weights)
	for v, w := range weights {
		c, err := trainer.ParseVariant(string(v)+"+"+taynode, parts)
		if err != nil {
			panic(err) // no part of the experiment
		}
		all[c] = w
	}
	return all
}

// CheckTaylor returns an error for an order that the regularizer cannot have.
func CheckTaylor(cfg trainer.Config) error {
	if cfg.TaylorOrder < 1 {
		return errors.Errorf("-taylor-order is %d, want at least 1", cfg.TaylorOrder)
	}
	return nil
}

// Penalties are those of a variant.
type Penalties []Penalty

// errorWeight is the weight of the error regularizer, annealed as the configuration
// says, and constant from there.
func errorWeight(cfg trainer.Config) func(trainer.Iteration) float64 {
	n := cfg.Schedule()
	a := losses.Annealing{First: cfg.LambdaError, Last: cfg.LambdaError * cfg.LambdaErrorDecay, Epochs: n}
	return func(it trainer.Iteration) float64 { return a.At(min(it.Epoch, n+1)) }
}

// Inputs describes the weights, which are inputs of the objective so that
// annealing them needs no new graph.
func (p Penalties) Inputs(dt tensor.Dtype) []graph.Input {
	var in []graph.Input
	for _, q := range p {
		in = append(in, graph.Input{Name: "weight of the " + q.String(), Dtype: dt})
	}
	return in
}

// Values returns the weights in an iteration.
func (p Penalties) Values(dt tensor.Dtype, it trainer.Iteration) []gorgonia.Value {
	var v []gorgonia.Value
	for _, q := range p {
		w := graph.NewValue(dt)
		graph.SetScalar(w, q.Weight(it))
		v = append(v, w)
	}
	return v
}

// Add records the task's loss and returns it with the weighted penalties added.
func (p Penalties) Add(s *graph.Scope, loss *gorgonia.Node, weights gorgonia.Nodes) (*gorgonia.Node, error) {
	s.Record(TaskRecord, loss)
	for i, q := range p {
		var err error
		if loss, err = losses.Penalized(s, loss, q.String(), weights[i]); err != nil {
			return nil, err
		}
	}
	return loss, nil
}
