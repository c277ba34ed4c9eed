package optim

import (
	"errors"
	"math"
	"testing"
)

// TestUpdateThatOverflows: a step that makes a parameter infinite or NaN says so.
func TestUpdateThatOverflows(t *testing.T) {
	s := newSolver(t, Adam{}, nil)
	p := &param{x: vec(1.0), g: vec(0.0)}
	step(t, s, p)
	st := s.State()
	st.First[0][0], st.Second[0][0] = 1e308, 0
	if err := s.SetState(st); err != nil {
		t.Fatal(err)
	}
	if err := s.Step(model(p)); !errors.Is(err, ErrNonFinite) {
		t.Errorf("error %v, expected ErrNonFinite", err)
	}
	if x := p.x.Data().([]float64)[0]; !math.IsInf(x, 0) {
		t.Errorf("the parameter is %v, expected an infinity", x)
	}
}
