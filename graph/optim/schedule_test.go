package optim

import (
	"math"
	"slices"
	"testing"
)

// TestSchedules compares factors with closed forms and values worked out by hand.
func TestSchedules(t *testing.T) {
	for _, tt := range []struct {
		s    Schedule
		want map[int]float64
	}{
		{Constant(0.5), map[int]float64{1: 0.5, 1000: 0.5}},
		{Inverse{Gamma: 0.25}, map[int]float64{1: 0.8, 4: 0.5, 12: 0.25}},
		{StepDecay{Every: 3}, map[int]float64{1: 1, 3: 1, 4: 0.1, 6: 0.1, 7: 0.01}},
		{StepDecay{Every: 1, Ratio: 0.5}, map[int]float64{1: 1, 2: 0.5, 5: 0.0625}},
		{Cosine{Steps: 6}, map[int]float64{1: 1, 3: 0.75, 4: 0.5, 5: 0.25, 7: 0, 100: 0}},
		{Cosine{Steps: 4, Final: 0.2}, map[int]float64{1: 1, 2: 0.6 + 0.4*math.Sqrt(0.5), 3: 0.6, 5: 0.2, 6: 0.2}},
		{WarmUp{Steps: 4}, map[int]float64{1: 0.25, 2: 0.5, 4: 1, 5: 1, 50: 1}},
		{WarmUp{Steps: 2, Then: Cosine{Steps: 2}}, map[int]float64{1: 0.5, 2: 1, 3: 1, 4: 0.5, 5: 0}},
		{WarmUp{Steps: 1, Then: Inverse{Gamma: 1}}, map[int]float64{1: 1, 2: 0.5, 4: 0.25}},
	} {
		for n, want := range tt.want {
			if got := tt.s.Factor(n); math.Abs(got-want) > 1e-15 {
				t.Errorf("%#v at step %d: %v, want %v", tt.s, n, got, want)
			}
		}
	}
}

// Without momentum the update is rate·g: the steps show the schedule, and a state
// goes on where it was.
func TestScheduleInSteps(t *testing.T) {
	schedule := WarmUp{Steps: 2, Then: StepDecay{Every: 2, Ratio: 0.5}}
	settings := &Settings{LearnRate: 4, Schedule: schedule}
	s, p := newSolver(t, sign{name: "sign"}, settings), &param{x: vec(0.0), g: vec(-3.0)}
	var got []float64
	for i := range 7 {
		if i == 3 { // resumed
			st := s.State()
			s = newSolver(t, sign{name: "sign"}, &Settings{Schedule: schedule})
			if err := s.SetState(st); err != nil {
				t.Fatal(err)
			}
		}
		if i == 6 {
			s.SetLearnRate(40)
		}
		before := data[float64](p.x)[0]
		step(t, s, p)
		got = append(got, data[float64](p.x)[0]-before)
	}
	if want := []float64{2, 4, 4, 4, 2, 2, 10}; !slices.Equal(got, want) {
		t.Errorf("steps of %v, want %v", got, want)
	}
}

// A schedule of one's own that is out of range fails the step, before anything
// changes.
func TestScheduleOutOfRange(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), -1} {
		s, p := newSolver(t, Adam{}, &Settings{Schedule: Constant(bad)}), &param{x: vec(1.0), g: vec(1.0)}
		if err := s.Step(model(p)); err == nil || data[float64](p.x)[0] != 1 || s.State().Steps != 0 {
			t.Errorf("factor %v: error %v, x = %v, want an error and no step", bad, err, p.x)
		}
	}
}
