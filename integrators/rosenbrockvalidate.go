package integrators

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// Validate checks that a table is a Rosenbrock method: that its parts have matching
// lengths and finite entries, that γ is positive, that in the classical form the rows
// of α sum to C, those of Γ to D, b to 1 and e to 0, and that FSAL holds what it
// promises. It does not check the order of the method.
func (m *Rosenbrock) Validate() error {
	s := m.Stages()
	switch {
	case s == 0:
		return errors.Errorf("table %q: no stages: B is empty", m.Name)
	case m.Order < 1 || m.EmbeddedOrder < 1:
		return errors.Errorf("table %q: orders %d and %d, expected at least 1", m.Name, m.Order, m.EmbeddedOrder)
	case !(m.Gamma > 0 && !math.IsInf(m.Gamma, 1)):
		return errors.Errorf("table %q: γ = %v, expected a positive number", m.Name, m.Gamma)
	case len(m.Dense) == 0:
		return errors.Errorf("table %q: Dense is empty, expected coefficients of dense output", m.Name)
	}
	for _, v := range []struct {
		name string
		x    []float64
	}{{"C", m.C}, {"D", m.D}, {"B", m.B}, {"Err", m.Err}} {
		if err := m.validateRow(v.name, v.x, s); err != nil {
			return err
		}
	}
	for _, row := range m.Dense {
		if err := m.validateRow("a row of Dense", row, s); err != nil {
			return err
		}
		if floats.Norm(row, math.Inf(1)) == 0 {
			return errors.Errorf("table %q: a row of Dense is zero, expected coefficients", m.Name)
		}
	}
	if err := checkEstimate(m.Name, m.Err); err != nil {
		return err
	}
	for _, v := range []struct {
		name string
		a    [][]float64
	}{{"A", m.A}, {"Coupling", m.Coupling}} {
		if len(v.a) != s {
			return errors.Errorf("table %q: %s has %d rows, expected %d as in B", m.Name, v.name, len(v.a), s)
		}
		for i, row := range v.a {
			if err := m.validateRow("a row of "+v.name, row, i); err != nil {
				return err
			}
		}
	}
	if err := m.validateSums(); err != nil {
		return err
	}
	if !m.FSAL {
		return nil
	}
	if last := m.A[s-1]; !floats.Equal(last, m.B[:s-1]) || m.B[s-1] != 0 {
		return errors.Errorf("table %q: last row of A is %v and B %v, expected the same and a 0 (FSAL)", m.Name, last, m.B)
	}
	return nil
}

func (m *Rosenbrock) validateRow(name string, x []float64, n int) error {
	if len(x) != n {
		return errors.Errorf("table %q: %s has %d entries, expected %d", m.Name, name, len(x), n)
	}
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.Errorf("table %q: %s has an entry %v, expected finite ones", m.Name, name, v)
		}
	}
	return nil
}

// validateSums checks the sums of the classical form, up to the rounding of tables
// whose entries are a hundred times as large.
func (m *Rosenbrock) validateSums() error {
	alpha, gamma, b, e := m.Classical()
	for i := range m.B {
		if sum := floats.Sum(alpha[i]); !(math.Abs(sum-m.C[i]) <= sumTol) {
			return errors.Errorf("table %q: row %d of α sums to %v, expected %v as in C", m.Name, i, sum, m.C[i])
		}
		if sum := floats.Sum(gamma[i]); !(math.Abs(sum-m.D[i]) <= sumTol) {
			return errors.Errorf("table %q: row %d of Γ sums to %v, expected %v as in D", m.Name, i, sum, m.D[i])
		}
	}
	if sum := floats.Sum(b); !(math.Abs(sum-1) <= sumTol) {
		return errors.Errorf("table %q: the weights of the solution sum to %v, expected 1", m.Name, sum)
	}
	if sum := floats.Sum(e); !(math.Abs(sum) <= sumTol) {
		return errors.Errorf("table %q: the weights of the error estimate sum to %v, expected 0", m.Name, sum)
	}
	return nil
}
