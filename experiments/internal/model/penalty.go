package model

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/losses"
)

// Penalty is a regularizer in the objective, with a weight that is annealed.
type Penalty struct {
	integrators.Regularizer
	entry  trainer.Regularizer
	weight losses.Annealing
}

// Penalties are those of a variant.
type Penalties []Penalty

// Aggregations say how the estimates of the steps are put together, where they are
// penalized and where they are reported.
type Aggregations struct{ Errors, Stiffness integrators.Aggregation }

// penalties returns those of a variant with the weights of a configuration.
func penalties(cfg trainer.Config, v trainer.Variant, a Aggregations) Penalties {
	var p Penalties
	for _, r := range trainer.Regularizers {
		if r.In(v) {
			first, last := r.Range(cfg)
			p = append(p, Penalty{
				Regularizer: integrators.Regularizer{Term: r.Term, Aggregation: a.of(r.Term)},
				entry:       r,
				weight:      losses.Annealing{First: first, Last: last, Epochs: cfg.Schedule()},
			})
		}
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

// Of reports whether the penalty is what a part of a variant stands for.
func (p Penalty) Of(part string) bool { return p.entry.In(trainer.Variant(part)) }

// at returns the weight in an epoch, which is constant after those of the annealing.
func (p Penalty) at(epoch int) float64 { return p.weight.At(min(epoch, p.weight.Epochs+1)) }

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
	r.RegError = aggregate(m.Aggregations.Errors, 0, e)
	if sol.MaxStiffness > 0 { // else the method estimates none
		r.RegStiff = aggregate(m.Aggregations.Stiffness, 1, s)
	}
	for _, p := range m.Penalties {
		if p.Term != integrators.Error && p.Term != integrators.Stiffness {
			*p.entry.Value(&r.Regularization) = value.Scalar(m.Recorded(p.Regularizer))
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
