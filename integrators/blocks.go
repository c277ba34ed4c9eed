package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// The solution of a solve with events is, where it has to be one matrix, its states
// and one more block of as many rows, whose first entry is the time at which the solve
// ended.

// saves reports whether the solution comes from the saved states, not from the last
// step.
func (s *Solver) saves() bool { return len(s.settings.SaveAt) > 0 || s.HasEvents() }

// states returns the number of states in a solution.
func (s *Solver) states() int { return max(1, len(s.settings.SaveAt)) }

// blocks returns the number of blocks of rows in the matrix of a solution.
func (s *Solver) blocks() int {
	if s.HasEvents() {
		return s.states() + 1
	}
	return s.states()
}

// split adds the states and the time of such a matrix.
func (s *Solver) split(all *gorgonia.Node) (z, t *gorgonia.Node, err error) {
	m, n := all.Shape()[0], all.Shape()[1]
	m -= m / s.blocks()
	if z, err = ops.Block(all, 0, m, 0, n); err != nil {
		return nil, nil, err
	}
	first, err := ops.Block(all, m, m+1, 0, 1)
	if err != nil {
		return nil, nil, err
	}
	t, err = gorgonia.Sum(first)
	return z, t, err
}

// join returns the matrix of a solution.
func (s *Solver) join(sol *Solution) gorgonia.Value {
	m, n := sol.Z.Shape()[0], sol.Z.Shape()[1]
	all := value.New(sol.Z.Dtype(), m+m/s.states(), n)
	value.CopyRows(all, 0, sol.Z)
	value.AddRows(all, m, s.timeRow(sol.T, sol.Z))
	return all
}

// timeRow returns the first row of the last block, for a time and a matrix of states.
func (s *Solver) timeRow(t float64, z gorgonia.Value) gorgonia.Value {
	row := make([]float64, z.Shape()[1])
	row[0] = t - s.settings.TimeOrigin
	v := value.New(z.Dtype(), 1, len(row))
	value.SetFloat64s(v, row)
	return v
}

// first returns the first entry of a matrix.
func first(v gorgonia.Value) float64 { return value.Float64s(value.Rows(v, 0, 1))[0] }
