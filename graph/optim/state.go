package optim

import (
	"slices"

	"github.com/pkg/errors"
)

// ErrState is the cause of a SetState with a state of another rule or one that
// is damaged, and of a Step whose model is not the one the state belongs to.
var ErrState = errors.New("optimizer state does not fit")

// State is everything about an optimizer that changes from step to step, in a
// form that encoding/gob and encoding/json keep bit for bit. A solver with the
// same rule and settings that is given the state goes on as if never stopped.
type State struct {
	Rule      string      // name of the rule: "momentum", "adam", "adamax", "adabelief" or one's own
	Steps     int         // number of steps taken
	LearnRate float64     // learning rate set last, without the schedule, which follows from Steps
	First     [][]float64 // velocity or first moment of each parameter; empty before the first step
	Second    [][]float64 // second moment of each parameter; empty for momentum
}

// State returns a copy of the solver's state.
func (s *Solver) State() State {
	return State{
		Rule:      s.rule.Name(),
		Steps:     s.steps,
		LearnRate: s.settings.LearnRate,
		First:     cloneAll(s.first),
		Second:    cloneAll(s.second),
	}
}

// SetState makes the solver go on from a copy of the state, its learning rate
// included. The error's cause is ErrState if the state is of another rule,
// contradicts itself or has moments that no steps give: NaN, an infinity or, in a
// second moment of this package's rules, a negative number. The solver is
// unchanged then. Whether the state fits the
// model is checked by the next Step.
func (s *Solver) SetState(st State) error {
	if st.Rule != s.rule.Name() {
		return errors.Wrapf(ErrState, "optim: state is of rule %q, expected %q", st.Rule, s.rule.Name())
	}
	if err := st.check(s.secondMoment()); err != nil {
		return errors.Wrapf(err, "optim: state of rule %q", st.Rule)
	}
	if _, ours := asStock(s.rule); ours {
		for i, v := range st.Second {
			if at := slices.IndexFunc(v, func(x float64) bool { return x < 0 }); at >= 0 {
				return errors.Wrapf(ErrState, "optim: state of rule %q: second moment of parameter %d is %v at element %d, expected none below 0", st.Rule, i, v[at], at)
			}
		}
	}
	s.steps = st.Steps
	s.settings.LearnRate = st.LearnRate
	s.first, s.second = cloneAll(st.First), cloneAll(st.Second)
	return nil
}

func (st *State) check(secondMoment bool) error {
	if st.Steps < 0 {
		return errors.Wrapf(ErrState, "%d steps, expected at least 0", st.Steps)
	}
	if !validRate(st.LearnRate) {
		return errors.Wrapf(ErrState, "learning rate %v, expected a finite number ≥ 0", st.LearnRate)
	}
	if st.Steps > 0 && len(st.First) == 0 {
		return errors.Wrapf(ErrState, "no moments after %d steps", st.Steps)
	}
	want := 0
	if secondMoment {
		want = len(st.First)
	}
	if len(st.Second) != want {
		return errors.Wrapf(ErrState, "%d second moments, expected %d", len(st.Second), want)
	}
	for i, v := range st.Second {
		if len(v) != len(st.First[i]) {
			return errors.Wrapf(ErrState, "second moment of parameter %d has %d elements, expected %d as the first", i, len(v), len(st.First[i]))
		}
	}
	for _, moments := range [][][]float64{st.First, st.Second} {
		for i, v := range moments {
			if at := firstNonFinite(v); at >= 0 {
				return errors.Wrapf(ErrState, "moment of parameter %d is %v at element %d, expected finite numbers", i, v[at], at)
			}
		}
	}
	return nil
}

// checkMoments checks that the state, if there is one, is of this model.
func (s *Solver) checkMoments() error {
	if s.first == nil {
		return nil
	}
	if len(s.first) != len(s.params) {
		return errors.Wrapf(ErrState, "optim: model has %d parameters, expected %d as the state", len(s.params), len(s.first))
	}
	for i := range s.params {
		if got, want := s.params[i].len(), len(s.first[i]); got != want {
			return errors.Wrapf(ErrState, "optim: parameter %d has %d elements, expected %d as the state", i, got, want)
		}
	}
	return nil
}

// cloneAll returns nil for no vectors, so that "before the first step" survives
// encodings that know no difference between nil and empty.
func cloneAll(vectors [][]float64) [][]float64 {
	if len(vectors) == 0 {
		return nil
	}
	out := make([][]float64, len(vectors))
	for i, v := range vectors {
		out[i] = slices.Clone(v)
	}
	return out
}
