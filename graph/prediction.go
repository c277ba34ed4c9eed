package graph

import (
	"context"
	"time"

	"github.com/pkg/errors"
)

// CallSettings are those of the calls of a predictor, see Predictor.With. A zero field
// means no limit, or the default.
type CallSettings struct {
	// TimeLimit bounds the time of a call, that of waiting for an instance included.
	// It does what a deadline of the context does.
	TimeLimit time.Duration
	// MaxEvaluations bounds the evaluations of dynamics in all solves of a call
	// together, as integrators.Stats.NFE counts them. An attempt at a step that would
	// exceed it is not made, nor is a solve begun when none is left: it fails with
	// integrators.ErrMaxEvaluations. Only those that choose the first step of a solve, or
	// serve save times or the search for an event within a step, can go beyond it: by
	// those of one step, of which an event has some for every look where the dense output
	// of the method evaluates the dynamics.
	MaxEvaluations int
	// Seed is that of the noise of all solves of stochastic equations in a call; nil
	// means the seed that their solver has when the call reaches it. The noise of a row
	// depends on the seed and its key.
	Seed *uint64
	// Keys are those of the noise, one for each row of the state, see
	// integrators.Noise; nil means those of the solver. A row that keeps its key has
	// the same noise in any batch.
	Keys []uint64
	// Report, if there is one, is overwritten by every call with what its solves did,
	// after a failure as well. It is for one goroutine at a time.
	Report *Report
}

func (s *CallSettings) check() error {
	if s.TimeLimit < 0 || s.MaxEvaluations < 0 {
		return errors.Errorf("at most %v and %d evaluations, expected positive limits", s.TimeLimit, s.MaxEvaluations)
	}
	return nil
}

// A Report says what the solves of one call of a predictor did.
type Report struct {
	// Evaluations is the number of evaluations of dynamics in all of them.
	Evaluations int
	// Outcomes are those of the solves, in the order in which they ended;
	// integrators.Solver.Reported finds those of one solver.
	Outcomes []Outcome
}

// An Outcome is what a site has to say of one prediction.
type Outcome struct {
	Site Site
	Of   any
}

// A Prediction is one call of a predictor, as the instances of sites see it.
type Prediction struct {
	Context context.Context
	CallSettings
	evaluations int
}

// EvaluationsLeft returns how many evaluations the call may still make, and whether
// that is limited.
func (p *Prediction) EvaluationsLeft() (n int, limited bool) {
	return p.MaxEvaluations - p.evaluations, p.MaxEvaluations > 0
}

// Note adds the outcome of a solve, with the number of its evaluations.
func (p *Prediction) Note(site Site, evaluations int, of any) {
	p.evaluations += evaluations
	if p.Report != nil {
		p.Report.Evaluations += evaluations
		p.Report.Outcomes = append(p.Report.Outcomes, Outcome{site, of})
	}
}
