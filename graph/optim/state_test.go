package optim

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

func equalStates(a, b State) bool { return reflect.DeepEqual(a, b) }

var encodings = map[string]func(t *testing.T, s State) State{
	"copy": func(t *testing.T, s State) State { return s },
	"json": func(t *testing.T, s State) (out State) {
		b, err := json.Marshal(s)
		if err == nil {
			err = json.Unmarshal(b, &out)
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	},
	"gob": func(t *testing.T, s State) (out State) {
		var b bytes.Buffer
		err := gob.NewEncoder(&b).Encode(s)
		if err == nil {
			err = gob.NewDecoder(&b).Decode(&out)
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	},
}

// A run that is stopped after k steps and resumed by a new solver ends at the
// same bits as one that is not, in either dtype.
func TestResume(t *testing.T) {
	settings := &Settings{LearnRate: 0.3, Clip: 1.5, WeightDecay: 0.01, InverseDecay: 0.1}
	for _, r := range rules {
		for name, transfer := range encodings {
			for _, stop := range []int{0, 1, 7} {
				whole := run(t, newSolver(t, r, settings), start(), 0, 12)

				p := start()
				first := newSolver(t, r, settings)
				run(t, first, p, 0, stop)
				saved := transfer(t, first.State())
				resumed := newSolver(t, r, &Settings{Clip: 1.5, WeightDecay: 0.01, InverseDecay: 0.1})
				if err := resumed.SetState(saved); err != nil {
					t.Fatal(err)
				}
				got := run(t, resumed, p, stop, 12)

				if !slices.Equal(got, whole) {
					t.Errorf("%s, %s, stopped after %d: %v, want %v", r.Name(), name, stop, got, whole)
				}
			}
		}
	}
}

func start() []*param {
	return []*param{
		{x: vec(1.0, -1, 1e-3), g: vec(0.0, 0, 0)},
		{x: vec[float32](2, 0.1), g: vec[float32](0, 0)},
	}
}

// run takes the steps from, …, to-1 on a gradient that depends on x and the
// step, with a schedule, and returns all parameters.
func run(t *testing.T, s *Solver, p []*param, from, to int) []float64 {
	t.Helper()
	a, ga := data[float64](p[0].x), data[float64](p[0].g)
	b, gb := data[float32](p[1].x), data[float32](p[1].g)
	for n := from; n < to; n++ {
		if n == 5 {
			s.SetLearnRate(s.LearnRate() / 3)
		}
		for i := range a {
			ga[i] = math.Sin(3*a[i] + float64(n))
		}
		for i := range b {
			gb[i] = float32(math.Cos(3*float64(b[i]) + float64(n)))
		}
		step(t, s, p...)
	}
	return append(slices.Clone(a), float64(b[0]), float64(b[1]))
}

// State and SetState copy: neither side sees later changes of the other.
func TestStateIsACopy(t *testing.T) {
	p := &param{x: vec(1.0), g: vec(1.0)}
	s := newSolver(t, Adam{}, nil)
	step(t, s, p)
	st := s.State()
	m := st.First[0][0]
	step(t, s, p)
	if st.First[0][0] != m {
		t.Error("a step changed a saved state")
	}
	if err := s.SetState(st); err != nil {
		t.Fatal(err)
	}
	st.First[0][0] = 99
	if got := s.State().First[0][0]; got != m {
		t.Errorf("changing the state that was set made the moment %v, want %v", got, m)
	}
}

func TestSetStateRejects(t *testing.T) {
	one := [][]float64{{1}}
	for name, st := range map[string]State{
		"other rule":       {Rule: "adamax", Steps: 1, First: one, Second: one},
		"no rule":          {},
		"negative steps":   {Rule: "adam", Steps: -1},
		"negative rate":    {Rule: "adam", LearnRate: -1},
		"NaN rate":         {Rule: "adam", LearnRate: math.NaN()},
		"no moments":       {Rule: "adam", Steps: 1},
		"no second moment": {Rule: "adam", Steps: 1, First: one},
		"second too long":  {Rule: "adam", Steps: 1, First: one, Second: [][]float64{{1, 2}}},
		"second too many":  {Rule: "adam", Steps: 1, First: one, Second: [][]float64{{1}, {2}}},
		"infinite first":   {Rule: "adam", Steps: 1, First: [][]float64{{math.Inf(-1)}}, Second: one},
		"NaN first":        {Rule: "adam", Steps: 1, First: [][]float64{{math.NaN()}}, Second: one},
		"infinite second":  {Rule: "adam", Steps: 1, First: one, Second: [][]float64{{math.Inf(1)}}},
		"NaN second":       {Rule: "adam", Steps: 1, First: one, Second: [][]float64{{math.NaN()}}},
		"negative second":  {Rule: "adam", Steps: 1, First: one, Second: [][]float64{{-1e-300}}},
	} {
		s := newSolver(t, Adam{}, nil)
		before := s.State()
		if err := s.SetState(st); !errors.Is(err, ErrState) {
			t.Errorf("%s: error %v, want cause %q", name, err, ErrState)
		}
		if !equalStates(before, s.State()) {
			t.Errorf("%s: the solver changed", name)
		}
	}
	for _, r := range rules { // no moment of any is taken that makes parameters NaN
		s := newSolver(t, r, nil)
		p := &param{x: vec(1.0), g: vec(2.0)}
		step(t, s, p)
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1} {
			for i := range 2 {
				st := s.State()
				moments := [][][]float64{st.First, st.Second}[i]
				if len(moments) == 0 || i == 0 && bad == -1 {
					continue
				}
				moments[0][0] = bad
				if err := newSolver(t, r, nil).SetState(st); !errors.Is(err, ErrState) {
					t.Errorf("%s: moment %d of %v: error %v, want cause %q", r.Name(), i+1, bad, err, ErrState)
				}
			}
		}
	}
	withSecond := State{Rule: "momentum", Steps: 1, First: one, Second: one}
	if err := newSolver(t, Momentum{}, nil).SetState(withSecond); !errors.Is(err, ErrState) {
		t.Errorf("momentum with second moment: error %v, want cause %q", err, ErrState)
	}
}

// A state that is well-formed but of another model is found out by Step.
func TestStateOfOtherModel(t *testing.T) {
	p := &param{x: vec(1.0, 2.0), g: vec(1.0, 1.0)}
	for name, first := range map[string][][]float64{
		"two parameters":  {{1, 2}, {1}},
		"longer":          {{1, 2, 3}},
		"empty parameter": {{}},
	} {
		s := newSolver(t, Momentum{}, nil)
		if err := s.SetState(State{Rule: "momentum", Steps: 1, First: first}); err != nil {
			t.Fatal(err)
		}
		if err := s.Step(model(p)); !errors.Is(err, ErrState) {
			t.Errorf("%s: error %v, want cause %q", name, err, ErrState)
		}
		if x := p.x.(*tensor.Dense).Float64s(); x[0] != 1 || x[1] != 2 {
			t.Fatalf("%s: a failed step moved x to %v", name, x)
		}
	}
}
