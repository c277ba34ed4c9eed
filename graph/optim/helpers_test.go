package optim

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// param is a parameter whose gradient the test sets by hand.
type param struct {
	x, g gorgonia.Value
	err  error // of Grad
}

func (p *param) Value() gorgonia.Value         { return p.x }
func (p *param) Grad() (gorgonia.Value, error) { return p.g, p.err }

func vec[T float](v ...T) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(v)), tensor.WithBacking(append([]T(nil), v...)))
}

func data[T float](v gorgonia.Value) []T { return v.Data().([]T) }

func newSolver(t testing.TB, r Rule, s *Settings) *Solver {
	t.Helper()
	solver, err := New(r, s)
	if err != nil {
		t.Fatal(err)
	}
	return solver
}

func step(t testing.TB, s gorgonia.Solver, params ...*param) {
	t.Helper()
	if err := s.Step(model(params...)); err != nil {
		t.Fatal(err)
	}
}

func model(params ...*param) []gorgonia.ValueGrad {
	m := make([]gorgonia.ValueGrad, len(params))
	for i, p := range params {
		m[i] = p
	}
	return m
}
