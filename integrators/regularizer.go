package integrators

import (
	"fmt"

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
)

func (t RegularizedTerm) String() string {
	switch t {
	case Error:
		return "error"
	case ErrorSquared:
		return "squared error"
	case Stiffness:
		return "stiffness"
	}
	return fmt.Sprintf("RegularizedTerm(%d)", uint8(t))
}

// Regularizer is a penalty on what the solver estimates. The sum over the
// accepted steps is the paper's; the mean and the maximum are those of the
// official code, which count one entry before the first step, an error of 0
// and a stiffness of 1.
type Regularizer struct {
	Term        RegularizedTerm
	Aggregation ops.Aggregation
}

func (r Regularizer) String() string { return fmt.Sprintf("%v of %v", r.Aggregation, r.Term) }

// initial is the entry before the first step.
func (r Regularizer) initial() float64 {
	if r.Term == Stiffness && r.Aggregation != ops.Sum {
		return 1
	}
	return 0
}
