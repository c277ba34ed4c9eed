package integrators

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// RegularizedTerm is what a step contributes to a regularizer.
type RegularizedTerm uint8

// The terms of a step.
const (
	// Error is E_j·|h_j| (Eq. 9 of the paper).
	Error RegularizedTerm = iota
	// ErrorSquared is E_j².
	ErrorSquared
	// Stiffness is S_j (Eq. 11), of a Rosenbrock method the infinity norm of the Jacobian
	// at the start of the step.
	Stiffness
	// Integral is what an integral of Settings.Integrand along the solution grows by
	// (Eq. 10).
	Integral
	// KineticEnergy is what ∫ mean(f²) dt grows by, the mean being over the batch and
	// the columns of the state, those of Settings.ErrorColumns: the penalty of Finlay,
	// Jacobsen, Nurbekyan and Oberman, How to train your neural ODE (ICML 2020),
	// divided by the dimension. It is made of the stages of the step, so that it
	// evaluates nothing. Of a stochastic equation f is the drift. A Rosenbrock method, whose
	// steps are no sums of slopes, has none.
	KineticEnergy
)

// terms says what each RegularizedTerm is.
var terms = [...]struct {
	name string
	// initial is the entry of a mean and of a maximum before the first step. Of an
	// integral there is only the sum.
	initial float64
	sumOnly bool
	// add adds the term of a step, of an integral that of the one with the index.
	add func(b *stepBuilder, st *step, index int) (*gorgonia.Node, error)
	// lacking says what a solver lacks for the term, "" if nothing.
	lacking func(m Method, s *Settings) string
}{
	Error: {
		name: "error",
		add: func(b *stepBuilder, st *step, _ int) (*gorgonia.Node, error) {
			return ops.ErrorPerStep(st.e, b.h)
		},
		lacking: lacksError,
	},
	ErrorSquared: {
		name: "squared error",
		add: func(b *stepBuilder, st *step, _ int) (*gorgonia.Node, error) {
			return ops.SquaredPerStep(st.e, b.h)
		},
		lacking: lacksError,
	},
	Stiffness: {
		name:    "stiffness",
		initial: 1,
		add:     func(_ *stepBuilder, st *step, _ int) (*gorgonia.Node, error) { return st.s, nil },
		lacking: func(m Method, _ *Settings) string {
			if m.EstimatesStiffness() {
				return ""
			}
			return "a stiffness estimate"
		},
	},
	Integral: {
		name:    "integral",
		sumOnly: true,
		add: func(b *stepBuilder, st *step, index int) (*gorgonia.Node, error) {
			return st.integral(index, b.h)
		},
		lacking: func(m Method, s *Settings) string {
			if s.Integrand != nil {
				return lacksSlopes(m, s)
			}
			return "an integrand"
		},
	},
	KineticEnergy: {
		name:    "kinetic energy",
		sumOnly: true,
		add:     addKineticEnergy,
		lacking: lacksSlopes,
	},
}

func addKineticEnergy(b *stepBuilder, st *step, _ int) (*gorgonia.Node, error) {
	g := make(gorgonia.Nodes, len(st.slopes))
	for i, k := range st.slopes {
		if st.weights[i] == 0 {
			continue
		}
		var err error
		if g[i], err = b.meanSquare(k); err != nil {
			return nil, err
		}
	}
	return st.integrate(g, b.h)
}

func lacksError(m Method, _ *Settings) string {
	if m.Adaptive() {
		return ""
	}
	return "an error estimate"
}

func lacksSlopes(m Method, _ *Settings) string {
	if !m.traits().implicit {
		return ""
	}
	return "slopes whose weighted sum is the step, as an explicit method has"
}

// String returns the name of the term, for example "squared error".
func (t RegularizedTerm) String() string {
	if int(t) < len(terms) {
		return terms[t].name
	}
	return fmt.Sprintf("RegularizedTerm(%d)", uint8(t))
}

// Aggregation says how the terms of the accepted steps are put together.
type Aggregation uint8

// The aggregations. Sum is the paper's (Eq. 9 and 11), Mean and Max are those of
// the official code, which count one entry before the first step.
const (
	Sum Aggregation = iota
	Mean
	Max
)

// String returns "sum", "mean" or "max".
func (a Aggregation) String() string {
	if names := [...]string{"sum", "mean", "max"}; int(a) < len(names) {
		return names[a]
	}
	return fmt.Sprintf("Aggregation(%d)", uint8(a))
}

// Regularizer is a penalty on what the solver estimates. The sum over the
// accepted steps is the paper's; the mean and the maximum are those of the
// official code, which count one entry before the first step, an error of 0
// and a stiffness of 1. Of an integral there is only the sum.
//
// A layer records the node of a regularizer under its value, with which
// losses.Penalized and graph.Objective.Recorded find it.
type Regularizer struct {
	Term        RegularizedTerm // what each accepted step contributes
	Aggregation Aggregation     // how the terms of all accepted steps are put together

	// Index is the position of the integral among those that Settings.Integrand
	// returns; 0 for any other term.
	Index int
}

// String describes the regularizer, for example as "sum of error" or "sum of
// integral 1"; the index 0 is left out.
func (r Regularizer) String() string {
	if r.Index != 0 {
		return fmt.Sprintf("%v of %v %d", r.Aggregation, r.Term, r.Index)
	}
	return fmt.Sprintf("%v of %v", r.Aggregation, r.Term)
}

// check fails unless a method with these settings has the regularizer.
func (r Regularizer) check(m Method, s *Settings) error {
	if int(r.Term) >= len(terms) || r.Aggregation > Max {
		return errors.Errorf("unknown regularizer %v", r)
	}
	if lacking := terms[r.Term].lacking(m, s); lacking != "" {
		return errors.Errorf("regularizer %v without %s", r, lacking)
	}
	if terms[r.Term].sumOnly && r.Aggregation != Sum {
		return errors.Errorf("regularizer %v, expected the sum", r)
	}
	switch {
	case r.Index < 0:
		return errors.Errorf("regularizer %v, expected an index of at least 0", r)
	case r.Index > 0 && r.Term != Integral:
		return errors.Errorf("regularizer %v, expected the index 0: there is only one", r)
	}
	return nil
}

// initial is the entry before the first step.
func (r Regularizer) initial() float64 {
	if r.Aggregation == Sum {
		return 0
	}
	return terms[r.Term].initial
}

// aggregation adds the regularizers of a solve to a graph. Terms of zero, of calls
// that are no steps, change neither a sum nor a maximum; a mean is the sum times
// a number that depends on the steps of the solve, which are bound.
type aggregation struct {
	s     *graph.Scope
	share gorgonia.F64   // share of one term in the mean
	node  *gorgonia.Node // node of share, nil until needed
}

func (a *aggregation) add(r Regularizer, terms gorgonia.Nodes, dt tensor.Dtype) (*gorgonia.Node, error) {
	if len(terms) == 0 { // no step, inline
		v := value.New(dt)
		value.SetScalar(v, r.initial())
		return a.s.Data(v)
	}
	if r.Aggregation == Max {
		return ops.Largest(r.initial(), terms)
	}
	sum, err := ops.Total(r.initial(), terms)
	if err != nil || r.Aggregation == Sum {
		return sum, err
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
