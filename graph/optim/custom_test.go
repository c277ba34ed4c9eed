package optim

import (
	"slices"
	"testing"
)

// sign is the rule Δ = η sign(g), which counts its steps in v.
type sign struct{ name string }

func (r sign) Name() string { return r.name }

func (sign) Update(delta, _, v []float64, rate float64, _ int) {
	for i, g := range delta {
		switch v[i]++; {
		case g > 0:
			delta[i] = rate
		case g < 0:
			delta[i] = -rate
		}
	}
}

// embedded is Adam with another update, under its name.
type embedded struct{ Adam }

func (embedded) Update(delta, _, _ []float64, _ float64, _ int) { clear(delta) }

// renamed has a name of its own beside.
type renamed struct{ embedded }

func (renamed) Name() string { return "nothing" }

// A rule of one's own has the solver's settings, state and resumption.
func TestOwnRule(t *testing.T) {
	s := newSolver(t, sign{name: "sign"}, nil)
	p := &param{x: vec(1.0, 2, 3), g: vec(-5.0, 0, 7)}
	step(t, s, p)
	if x := data[float64](p.x); !slices.Equal(x, []float64{1.001, 2, 2.999}) {
		t.Errorf("x = %v after a step at the default rate, want 0.001 from 1, 2, 3", x)
	}
	step(t, s, p)
	st := s.State()
	if st.Rule != "sign" || st.Steps != 2 || !slices.Equal(st.Second[0], []float64{2, 2, 2}) {
		t.Errorf("state %+v, want two steps counted", st)
	}
	st.Second[0][1] = -1 // may mean anything in a rule that is not ours
	if err := newSolver(t, sign{name: "sign"}, nil).SetState(st); err != nil {
		t.Error(err)
	}
}

// A rule that embeds one of this package is the user's, not the one embedded.
func TestEmbeddedRule(t *testing.T) {
	p := &param{x: vec(1.0), g: vec(1.0)}
	step(t, newSolver(t, renamed{}, nil), p)
	if x := data[float64](p.x)[0]; x != 1 {
		t.Errorf("x = %v after an update of nothing, want 1", x)
	}
}
