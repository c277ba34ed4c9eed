package integrators

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// RegularizedTerm is what a step contributes to a regularizer.
type RegularizedTerm uint8

// The terms of a step.
const (
	// Error is E_j·|h_j| (Eq. 9 of the paper).
	Error RegularizedTerm = iota
	// ErrorSquared is E_j².
	ErrorSquared
	// Stiffness is S_j (Eq. 11).
	Stiffness
	// Integral is what the integral of Settings.Integrand along the solution
	// grows by (Eq. 10).
	Integral
)

// String returns "error", "squared error", "stiffness" or "integral".
func (t RegularizedTerm) String() string {
	switch t {
	case Error:
		return "error"
	case ErrorSquared:
		return "squared error"
	case Stiffness:
		return "stiffness"
	case Integral:
		return "integral"
	}
	return fmt.Sprintf("RegularizedTerm(%d)", uint8(t))
}

// Regularizer is a penalty on what the solver estimates. The sum over the
// accepted steps is the paper's; the mean and the maximum are those of the
// official code, which count one entry before the first step, an error of 0
// and a stiffness of 1. Of an integral there is only the sum.
type Regularizer struct {
	Term        RegularizedTerm // of each step
	Aggregation ops.Aggregation // of the terms of all accepted steps
}

// String returns the name of the regularizer, for example "sum of error", under which
// a layer records it and losses.Penalized and graph.Objective.Recorded find it.
func (r Regularizer) String() string { return fmt.Sprintf("%v of %v", r.Aggregation, r.Term) }

// initial is the entry before the first step.
func (r Regularizer) initial() float64 {
	if r.Term == Stiffness && r.Aggregation != ops.Sum {
		return 1
	}
	return 0
}

// aggregation adds the regularizers of a run to a graph. Terms of zero, of calls
// that are no steps, change neither a sum nor a maximum; a mean is the sum times
// a number that depends on the steps of the run, which are bound.
type aggregation struct {
	s     *graph.Scope
	share gorgonia.F64 // of one term in the mean
	node  *gorgonia.Node
}

func (a *aggregation) add(r Regularizer, terms gorgonia.Nodes, dt tensor.Dtype) (*gorgonia.Node, error) {
	if len(terms) == 0 { // no step, inline
		v := graph.NewValue(dt)
		graph.SetScalar(v, r.initial())
		return a.s.Data(v)
	}
	if r.Aggregation != ops.Mean {
		return ops.Aggregate(r.Aggregation, r.initial(), terms)
	}
	sum, err := ops.Aggregate(ops.Sum, r.initial(), terms)
	if err != nil {
		return nil, err
	}
	if a.node == nil {
		if a.node, err = a.s.Data(&a.share); err != nil {
			return nil, err
		}
	}
	return ops.LinComb([]ops.Term{{X: sum, C: 1, Scaled: true}}, a.node, nil)
}

// bind sets the number of steps.
func (a *aggregation) bind(steps int) { a.share = gorgonia.F64(1 / float64(steps+1)) }
