package integrators

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// Validate checks that a table is an explicit method of its kind: that its parts have
// matching lengths and finite entries, that C begins with 0, that B and BW sum to 1 and BH
// to 0, and the parts of the error estimate to 0.
// In the sense of Stratonovich a method of order 1 with commutative noise has
//
//	Σ BW_i (Σ_j AW_ij) = 1/2,
//
// which is checked as well; the order beyond that is not.
func (m *SRK) Validate() error {
	s := m.Stages()
	if s == 0 {
		return errors.Errorf("table %q: no stages: B is empty", m.Name)
	}
	if !(m.Orders.Commutative >= 1 && m.Orders.Additive >= 1 && m.Orders.General >= 0) {
		return errors.Errorf("table %q: strong orders %v, expected at least 1 with commutative and with additive noise", m.Name, m.Orders)
	}
	for _, v := range []struct {
		name string
		rows [][]float64
	}{{"A", m.A}, {"AW", m.AW}, {"AH", m.AH}} {
		if err := checkRows(m.Name, v.name, v.rows, s); err != nil {
			return err
		}
	}
	type weights struct {
		name string
		w    []float64
		sum  float64
	}
	all := []weights{{"B", m.B, 1}, {"BW", m.BW, 1}, {"BH", m.BH, 0}}
	if m.Adaptive() {
		all = append(all, weights{"Err", m.Err, 0}, weights{"ErrW", m.ErrW, 0}, weights{"ErrH", m.ErrH, 0})
	}
	for _, v := range all {
		if err := checkEntries(m.Name, v.name, v.w, s); err != nil {
			return err
		}
		if sum := floats.Sum(v.w); !(math.Abs(sum-v.sum) <= sumTol) {
			return errors.Errorf("table %q: %s sums to %v, expected %v", m.Name, v.name, sum, v.sum)
		}
	}
	if err := checkEntries(m.Name, "C", m.C, s); err != nil {
		return err
	}
	if m.C[0] != 0 {
		return errors.Errorf("table %q: C begins with %v, expected 0", m.Name, m.C[0])
	}
	if m.Adaptive() {
		if err := checkEstimate(m.Name, m.Err, m.ErrW, m.ErrH); err != nil {
			return err
		}
	}
	half := 0.0
	for i, w := range m.BW {
		half += w * floats.Sum(m.AW[i])
	}
	if !(math.Abs(half-0.5) <= sumTol) {
		return errors.Errorf("table %q: BW·AW sums to %v, expected 0.5", m.Name, half)
	}
	return nil
}

// checkRows fails unless a is a triangle of finite numbers, row i of i entries.
func checkRows(table, name string, a [][]float64, stages int) error {
	if len(a) != stages {
		return errors.Errorf("table %q: %s has %d rows, expected %d", table, name, len(a), stages)
	}
	for i, row := range a {
		if len(row) != i {
			return errors.Errorf("table %q: row %d of %s has %d entries, expected %d", table, i, name, len(row), i)
		}
		if err := checkEntries(table, name, row, i); err != nil {
			return err
		}
	}
	return nil
}

// checkEntries fails unless x has n finite entries.
func checkEntries(table, name string, x []float64, n int) error {
	if len(x) != n {
		return errors.Errorf("table %q: %s has %d entries, expected %d", table, name, len(x), n)
	}
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.Errorf("table %q: %s has an entry %v, expected finite ones", table, name, v)
		}
	}
	return nil
}

// checkEstimate fails if all weights of an error estimate are zero, which would accept
// every step.
func checkEstimate(table string, weights ...[]float64) error {
	for _, w := range weights {
		if slices.ContainsFunc(w, func(x float64) bool { return x != 0 }) {
			return nil
		}
	}
	return errors.Errorf("table %q: all weights of the error estimate are zero, expected an estimate, or none at all", table)
}
